//! A local Azure to drive the provider against.
pub mod arm {
    //! Resource Manager.
    pub mod exchange;
}
