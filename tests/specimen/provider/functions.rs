//! The functions: variadic, of null, of any type, and one that refuses its argument.

use secureaks::{
    framework::{
        Function,
        schema::{Parameter, Signature},
        service::FunctionError,
    },
    value::{Type, Value},
};

fn parameter(name: &'static str, doc: &'static str, ty: Type) -> Parameter {
    Parameter {
        name,
        doc,
        ty,
        allow_null: false,
        allow_unknown: false,
    }
}

/// `join(separator, parts...)`
pub(crate) struct Join;

impl Function for Join {
    fn name(&self) -> &'static str {
        "join"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Joins texts",
            doc: "Joins texts, with a separator between them.",
            parameters: vec![parameter("separator", "What stands between.", Type::String)],
            variadic: Some(parameter("parts", "The texts.", Type::String)),
            result: Type::String,
        }
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let texts: Vec<&str> = arguments.iter().filter_map(Value::as_str).collect();
        let (separator, parts) = texts.split_first().unwrap_or((&"", &[]));
        Ok(Value::from(parts.join(separator).as_str()))
    }
}

/// `or_else(value, otherwise)`
pub(crate) struct OrElse;

impl Function for OrElse {
    fn name(&self) -> &'static str {
        "or_else"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Replaces null",
            doc: "The value, or the other one where it is null.",
            parameters: vec![
                Parameter {
                    allow_null: true,
                    ..parameter("value", "The value; may be null.", Type::String)
                },
                parameter("otherwise", "What to take instead of null.", Type::String),
            ],
            variadic: None,
            result: Type::String,
        }
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let known = arguments.into_iter().find(|argument| !argument.is_null());
        Ok(known.unwrap_or(Value::Null))
    }
}

/// `half(number)`
pub(crate) struct Half;

impl Function for Half {
    fn name(&self) -> &'static str {
        "half"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Halves a number",
            doc: "Half of an even number; an odd one is an error.",
            parameters: vec![parameter("number", "An even number.", Type::Number)],
            variadic: None,
            result: Type::Number,
        }
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let number = match arguments.first() {
            Some(Value::Number(number)) => number.as_i64(),
            _ => None,
        };
        match number {
            Some(even) if even % 2 == 0 => Ok(Value::from(even / 2)),
            _ => Err(FunctionError {
                text: "The number is not even; expected an even one.".to_owned(),
                argument: Some(0),
            }),
        }
    }
}

/// `describe(value)`
pub(crate) struct Describe;

impl Function for Describe {
    fn name(&self) -> &'static str {
        "describe"
    }

    fn signature(&self) -> Signature {
        Signature {
            summary: "Says what a value is",
            doc: "What kind of value it is, and whether it is known.",
            parameters: vec![Parameter {
                allow_null: true,
                allow_unknown: true,
                ..parameter("value", "A value of any type.", Type::Dynamic)
            }],
            variadic: None,
            result: Type::String,
        }
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        Ok(Value::from(
            arguments.first().unwrap_or(&Value::Null).kind(),
        ))
    }
}
