//! Data sources, ephemeral resources, functions, and what is not offered.

use secureaks::{
    framework::{
        Server,
        service::{FunctionError, ReadRequest, Service as _, ValidateRequest, ValueResponse},
    },
    value::{Encoded, Type, Value},
};

use crate::{
    core::{Core, NEW_CLIENT, brief, full, number, object, text},
    specimen::Specimen,
};

fn query(core: &Core, name: Value) -> ValidateRequest {
    let config = object([
        ("name", name),
        ("must_exist", Value::Null),
        ("exists", Value::Null),
        ("revision", Value::Null),
    ]);
    ValidateRequest {
        type_name: full("lookup"),
        config: Encoded::of(
            &config,
            &core.server.schemas().data_sources[&full("lookup")].ty(),
        ),
        client: NEW_CLIENT,
    }
}

fn answer(core: &Core, response: ValueResponse) -> Value {
    assert_eq!(response.diagnostics, []);
    let ty = core.server.schemas().data_sources[&full("lookup")].ty();
    response.value.unwrap().decode(&ty).unwrap()
}

async fn call(
    core: &Core,
    name: &str,
    arguments: Vec<(Value, Type)>,
) -> Result<Encoded, FunctionError> {
    let arguments = arguments
        .into_iter()
        .map(|(value, ty)| Encoded::of(&value, &ty));
    core.server.call_function(name, arguments.collect()).await
}

#[tokio::test]
async fn a_data_source_is_read_with_its_defaults() {
    let core = Core::new().await;
    let config = core.config("thing", [("name", text("a")), ("place", text("north"))]);
    core.create("thing", &config).await;

    let there = answer(
        &core,
        core.server.read_data_source(query(&core, text("a"))).await,
    );
    let absent = answer(
        &core,
        core.server.read_data_source(query(&core, text("b"))).await,
    );

    let answered = |name: &str, exists: bool, revision: Value| {
        object([
            ("name", text(name)),
            ("must_exist", false.into()),
            ("exists", exists.into()),
            ("revision", revision),
        ])
    };
    assert_eq!(
        (there, absent),
        (
            answered("a", true, number(1)),
            answered("b", false, Value::Null)
        )
    );
}

#[tokio::test]
async fn a_data_source_tells_what_is_wrong_with_the_query() {
    let core = Core::new().await;

    let empty = core
        .server
        .validate_data_source(query(&core, text("")))
        .await;
    let missing = core
        .server
        .read_data_source(query(&core, Value::Null))
        .await;
    let unknown = core
        .server
        .validate_data_source(query(&core, Value::unknown()))
        .await;

    assert_eq!(brief(&empty), ["Error name: Empty name"]);
    assert_eq!(
        (missing.value, brief(&missing.diagnostics)),
        (
            None,
            vec!["Error name: Missing required attribute".to_owned()]
        )
    );
    assert_eq!(unknown, []);
}

#[tokio::test]
async fn an_ephemeral_resource_is_opened_renewed_and_closed() {
    let core = Core::new().await;
    let ty = core.server.schemas().ephemeral_resources[&full("token")].ty();
    let config = object([
        ("audience", text("me")),
        ("renew_after", number(60)),
        ("token", Value::Null),
    ]);
    let request = ValidateRequest {
        type_name: full("token"),
        config: Encoded::of(&config, &ty),
        client: NEW_CLIENT,
    };

    let told = core.server.validate_ephemeral(request.clone()).await;
    let opened = core.server.open_ephemeral(request).await;
    let renewed = core
        .server
        .renew_ephemeral(&full("token"), opened.private)
        .await;
    let closed = core
        .server
        .close_ephemeral(&full("token"), renewed.private)
        .await;

    assert_eq!(
        (told, opened.diagnostics, renewed.diagnostics, closed),
        (vec![], vec![], vec![], vec![])
    );
    let result = opened.result.unwrap().decode(&ty).unwrap();
    assert_eq!(result.member("token"), &text("token-for-me"));
    assert!(renewed.renew_at.unwrap() >= opened.renew_at.unwrap());
    assert_eq!(
        core.server_journal(),
        "open token for me\nrenew token for me\nclose token for me\n"
    );
}

#[tokio::test]
async fn a_function_takes_any_number_of_arguments() {
    let core = Core::new().await;
    let texts = |texts: &[&str]| {
        texts
            .iter()
            .map(|part| (text(part), Type::String))
            .collect()
    };

    let none = call(&core, "join", texts(&["-"])).await;
    let three = call(&core, "join", texts(&["-", "a", "b", "c"])).await;

    assert_eq!(
        (none, three),
        (
            Ok(Encoded::of(&text(""), &Type::String)),
            Ok(Encoded::of(&text("a-b-c"), &Type::String))
        )
    );
}

#[tokio::test]
async fn a_function_takes_null_and_any_type() {
    let core = Core::new().await;
    let list = Value::Dynamic(
        Type::List(Box::new(Type::Bool)),
        Box::new(Value::List(vec![])),
    );

    let otherwise = call(
        &core,
        "or_else",
        vec![(Value::Null, Type::String), (text("b"), Type::String)],
    )
    .await;
    let described = call(&core, "describe", vec![(list, Type::Dynamic)]).await;
    let unknown = call(&core, "describe", vec![(Value::unknown(), Type::Dynamic)]).await;

    let answers = [otherwise, described, unknown]
        .map(|answer| answer.unwrap().decode(&Type::String).unwrap());
    assert_eq!(
        answers,
        [text("b"), text("a list"), text("a value not known yet")]
    );
}

#[tokio::test]
async fn a_function_refuses_an_argument_by_its_position() {
    let core = Core::new().await;

    let odd = call(&core, "half", vec![(number(3), Type::Number)]).await;
    let misfit = call(&core, "half", vec![(text("x"), Type::String)]).await;
    let many = call(
        &core,
        "half",
        vec![(number(2), Type::Number), (number(2), Type::Number)],
    )
    .await;
    let absent = call(&core, "third", vec![]).await;

    let refused = |text: &str, argument| {
        Err(FunctionError {
            text: text.to_owned(),
            argument,
        })
    };
    assert_eq!(
        odd,
        refused("The number is not even; expected an even one.", Some(0))
    );
    assert_eq!(misfit.map_err(|error| error.argument), Err(Some(0)));
    assert_eq!(many, refused("too many arguments", None));
    assert_eq!(absent, refused("there is no function third", None));
}

#[tokio::test]
async fn what_is_not_offered_is_told() {
    let core = Core::new().await;
    let request = ValidateRequest {
        type_name: full("nothing"),
        ..ValidateRequest::default()
    };

    let resource = core.server.validate_resource(request.clone()).await;
    let data_source = core.server.validate_data_source(request.clone()).await;
    let ephemeral = core.server.validate_ephemeral(request).await;

    let told = [resource, data_source, ephemeral].map(|told| brief(&told).concat());
    assert_eq!(
        told,
        [
            "Error : No such resource",
            "Error : No such data source",
            "Error : No such ephemeral resource"
        ]
    );
}

#[tokio::test]
async fn a_provider_that_is_not_configured_says_so_and_keeps_the_state() {
    let core = Core::new().await;
    let bare = Server::new(Specimen);
    let state = Encoded::of(
        &core.config("thing", [("name", text("a"))]),
        &core.block("thing").ty(),
    );
    let request = ReadRequest {
        type_name: full("thing"),
        current_state: state.clone(),
        private: b"{}".to_vec(),
        current_identity: None,
    };

    let read = bare.read_resource(request).await;

    assert_eq!(
        brief(&read.diagnostics),
        ["Error : Provider is not configured"]
    );
    assert_eq!((read.new_state, read.private), (state, b"{}".to_vec()));
}
