//! What `#[derive(Block)]` writes, as text: every kind of field and option once.

use proc_macro2::TokenStream;
use syn::{DeriveInput, parse_quote};

use super::expand;

fn text(code: TokenStream) -> String {
    let file = syn::parse2(code).unwrap();
    prettyplease::unparse(&file)
}

#[test]
fn the_expansion_is_one_implementation_of_the_trait() {
    let block: DeriveInput = parse_quote! {
        /// A key, and who may use it.
        ///
        /// It is rotated.
        struct Key {
            /// Name of the key.
            #[tf(replace = "a key cannot be renamed")]
            name: Attr<Name>,
            /// Kind of the key.
            #[tf(default = Kind::Rsa, sticky)]
            r#type: Attr<Kind>,
            /// Who may use it.
            #[tf(default)]
            users: Attr<Users>,
            /// Days from one rotation to the next.
            #[tf(unmanaged, deprecated = "use `rotation`")]
            days: Attr<Option<i64>>,
            /// Whether it may be deleted.
            #[tf(default = false, local)]
            deletable: Attr<bool>,
            /// Address of the key.
            #[tf(stable)]
            id: Computed<String>,
            /// Version it has.
            #[tf(follows("days", "type"))]
            version: Computed<String>,
        }
    };

    let expansion = text(expand(&block).unwrap());

    insta::assert_snapshot!(expansion);
}
