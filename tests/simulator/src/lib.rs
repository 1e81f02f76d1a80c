//! A local Azure to drive the provider against.
pub mod aks;
pub mod arm {
    //! Resource Manager.
    pub mod exchange;
}
