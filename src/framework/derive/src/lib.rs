//! `#[derive(Block)]`: pairs each field's name and doc comment with its type.
//!
//! It writes one `impl Block` and nothing else. Whatever an attribute *means* (required,
//! sensitive, how it is read) is decided by the field's type, in `secureaks::framework`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, Field, Fields, Ident, Lit, LitStr, Meta, Result,
    Type,
};

/// Implements `Block` for a struct with named fields.
///
/// Each field needs a doc comment; it becomes the attribute's documentation. Options of a field,
/// in `#[tf(..)]`:
///
/// - `default = EXPR`: the value when the attribute is left out; of the field's own type.
/// - `default`: left out means the block with all its own defaults, a group.
/// - `replace = "REASON"`: a change needs a new object, and why.
/// - `stable`: an update leaves what the service says here as it is.
/// - `follows("NAME", ..)`: only a change of these attributes may change what the service says here.
/// - `pending`: only what was begun and has not been seen to end may change what the service says here.
/// - `kept = EXPR`: a value that is kept where an object has it, and that nothing is made or changed to have.
/// - `sticky`: left out it keeps the value it has; the default is for new objects only.
/// - `local`: not the object's; a read keeps what the user wrote.
/// - `unmanaged`: while it is left out it stays so, whatever the object says.
/// - `deprecated = "TEXT"`: what to use instead.
#[proc_macro_derive(Block, attributes(tf))]
pub fn derive_block(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    expand(&input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

fn expand(input: &DeriveInput) -> Result<TokenStream> {
    let name = &input.ident;
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(
            name,
            "a block is a struct with named fields",
        ));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new_spanned(
            name,
            "a block is a struct with named fields",
        ));
    };
    let block_doc = doc(&input.attrs);
    if block_doc.is_empty() {
        return Err(Error::new_spanned(
            name,
            "a block needs a doc comment: it becomes its documentation",
        ));
    }
    let mut declare = Vec::new();
    let mut decode = Vec::new();
    let mut encode = Vec::new();
    for field in &fields.named {
        let Some(ident) = &field.ident else { continue };
        let key = key(ident)?;
        declare.push(declaration(field, ident, &key)?);
        decode.push(quote! { #ident: fields.take(#key) });
        encode.push(quote! { (#key, ::secureaks::framework::Field::encode(&self.#ident)) });
    }
    // Every name is written from the root: the struct's module may have a `Kind` of its own.
    Ok(quote! {
        #[automatically_derived]
        impl ::secureaks::framework::Block for #name {
            const DOC: &'static str = #block_doc;

            fn attributes() -> ::std::vec::Vec<::secureaks::framework::schema::Attribute> {
                ::std::vec::Vec::from([#(#declare),*])
            }

            fn decode(fields: &mut ::secureaks::framework::Fields<'_>) -> Self {
                Self { #(#decode),* }
            }

            fn encode(&self) -> ::secureaks::value::Value {
                ::secureaks::value::Value::object::<&str>([#(#encode),*])
            }
        }
    })
}

/// Names Terraform keeps for itself: an attribute of that name could never be written.
const RESERVED: [&str; 7] = [
    "connection",
    "count",
    "depends_on",
    "for_each",
    "lifecycle",
    "provider",
    "provisioner",
];

fn key(ident: &Ident) -> Result<String> {
    let key = ident.to_string();
    let key = key.strip_prefix("r#").unwrap_or(&key).to_owned();
    if RESERVED.contains(&key.as_str()) {
        return Err(Error::new_spanned(
            ident,
            format!("`{key}` is Terraform's own word and cannot be an attribute"),
        ));
    }
    Ok(key)
}

fn declaration(field: &Field, ident: &Ident, key: &str) -> Result<TokenStream> {
    let ty = &field.ty;
    let text = doc(&field.attrs);
    if text.is_empty() {
        return Err(Error::new_spanned(
            ident,
            format!("attribute `{key}` needs a doc comment: it becomes its documentation"),
        ));
    }
    let options = Options::of(field)?;
    let default = options.default.map(|default| match default {
        Default::Written(value) => quote! { .default_value(::secureaks::framework::Field::encode(&<#ty>::from(#value))) },
        Default::OwnDefaults => {
            let inner = content(ty);
            quote! { .default_value(::secureaks::framework::defaults(&<#inner as ::secureaks::framework::Block>::schema())) }
        }
    });
    let mut changes = Vec::new();
    if let Some(reason) = options.replace {
        changes.push(quote! { replace: Some(#reason) });
    }
    if let Some(instead) = options.deprecated {
        changes.push(quote! { deprecated: Some(#instead) });
    }
    if let Some(names) = options.follows {
        changes.push(quote! { follows: Some(&[#(#names),*]) });
    }
    if options.pending {
        changes.push(quote! { follows: Some(&[::secureaks::framework::PENDING]) });
    }
    if let Some(kept) = options.kept {
        changes.push(
            quote! { kept: ::std::vec![::secureaks::framework::Field::encode(&<#ty>::from(#kept))] },
        );
    }
    if options.sticky {
        changes.push(quote! { sticky: true });
    }
    if let Some(kind) = options.kind {
        changes.push(quote! { kind: ::secureaks::framework::schema::Kind::#kind });
    }
    let base =
        quote! { ::secureaks::framework::schema::Attribute::of::<#ty>(#key, #text) #default };
    Ok(if changes.is_empty() {
        base
    } else {
        quote! { ::secureaks::framework::schema::Attribute { #(#changes,)* ..#base } }
    })
}

enum Default {
    Written(Expr),
    OwnDefaults,
}

struct Options {
    default: Option<Default>,
    replace: Option<LitStr>,
    deprecated: Option<LitStr>,
    follows: Option<Vec<LitStr>>,
    pending: bool,
    kept: Option<Expr>,
    sticky: bool,
    kind: Option<Ident>,
}

impl Options {
    fn of(field: &Field) -> Result<Self> {
        let mut options = Self {
            default: None,
            replace: None,
            deprecated: None,
            follows: None,
            pending: false,
            kept: None,
            sticky: false,
            kind: None,
        };
        for attribute in field
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("tf"))
        {
            attribute.parse_nested_meta(|meta| {
                if meta.path.is_ident("default") {
                    let written = meta.input.peek(syn::Token![=]);
                    options.default = Some(if written { Default::Written(meta.value()?.parse()?) } else { Default::OwnDefaults });
                } else if meta.path.is_ident("replace") {
                    options.replace = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("deprecated") {
                    options.deprecated = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("stable") {
                    options.follows = Some(Vec::new());
                } else if meta.path.is_ident("follows") {
                    let names;
                    syn::parenthesized!(names in meta.input);
                    let names = names.parse_terminated(<LitStr as syn::parse::Parse>::parse, syn::Token![,])?;
                    options.follows = Some(names.into_iter().collect());
                } else if meta.path.is_ident("pending") {
                    options.pending = true;
                } else if meta.path.is_ident("kept") {
                    options.kept = Some(meta.value()?.parse()?);
                } else if meta.path.is_ident("sticky") {
                    options.sticky = true;
                } else if meta.path.is_ident("local") {
                    options.kind = Some(Ident::new("Local", proc_macro2::Span::call_site()));
                } else if meta.path.is_ident("unmanaged") {
                    options.kind = Some(Ident::new("UnmanagedWhenNull", proc_macro2::Span::call_site()));
                } else {
                    return Err(meta.error("expected `default`, `replace = \"..\"`, `stable`, `follows(\"NAME\")`, `pending`, `kept = ..`, `sticky`, `local`, `unmanaged` or `deprecated = \"..\"`"));
                }
                Ok(())
            })?;
        }
        Ok(options)
    }
}

/// The block within `Attr<..>`.
fn content(ty: &Type) -> TokenStream {
    if let Type::Path(path) = ty
        && let Some(last) = path.path.segments.last()
        && let syn::PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(first) = arguments.args.first()
    {
        return quote! { #first };
    }
    quote! { #ty }
}

/// The doc comment: its lines, with the one space that follows `///` removed.
fn doc(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
    {
        if let Meta::NameValue(pair) = &attribute.meta
            && let Expr::Lit(literal) = &pair.value
            && let Lit::Str(text) = &literal.lit
        {
            let line = text.value();
            lines.push(line.strip_prefix(' ').unwrap_or(&line).to_owned());
        }
    }
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests;
