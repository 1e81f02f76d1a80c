//! The data source `secureaks_kubeconfig`: how kubectl gets into a cluster, without a secret.

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};

use super::{
    Session,
    credentials::{not_there, origin, without_entra},
    inside::{Inside, NoFields},
    texts::ClusterId,
};
use crate::{
    azure::{
        Cloud, arm::managed_cluster::ManagedCluster, auth::AKS_CLIENT_APPLICATION,
        cloud::AKS_SERVER_APPLICATION,
    },
    framework::{
        Attr, Block, Call, Computed, DataSource, Diagnostic, Diagnostics, Failure, Text, Verb,
    },
    kube, words,
};

/// A kubeconfig without any secret in it: kubectl and others run a program that signs them in
/// with Microsoft Entra, each as the person who runs it.
///
/// The program is this provider's own binary, or kubelogin. Where the binary is, and how other
/// providers use it, is in the guide
/// [Credentials for people, pipelines and other providers](../guides/credentials.md).
#[derive(Block, Debug)]
pub struct Query {
    /// Resource id of the cluster, in any casing.
    cluster_id: Attr<ClusterId>,
    /// Program that signs in: this provider's binary, or kubelogin.
    #[tf(default = Login::Secureaks)]
    login: Attr<Login>,
    /// How the program signs in. Left out, `secureaks` takes the same settings as the provider and
    /// else the Azure CLI, and kubelogin takes `azurecli`. `secureaks` knows `devicecode` only,
    /// which shows a code to enter in a browser.
    login_mode: Attr<Option<LoginMode>>,
    /// Path or name of the program, if not `terraform-provider-secureaks` or `kubelogin` on the
    /// `PATH`.
    command: Attr<Option<String>>,
    /// Whether to use the public name of a private cluster's API server, for networks that
    /// resolve no other.
    #[tf(default = false)]
    public_fqdn: Attr<bool>,
}

words! {
    /// Who signs in.
    pub(super) enum Login {
        /// This provider's binary.
        Secureaks = "secureaks",
        /// Azure's own plugin.
        Kubelogin = "kubelogin",
    }
}

words! {
    /// How to sign in, in kubelogin's words (Azure/kubelogin, `pkg/internal/token/options.go`).
    pub(super) enum LoginMode {
        /// The identity that is signed in to the Azure CLI.
        AzureCli = "azurecli",
        /// A code to enter in a browser.
        DeviceCode = "devicecode",
        /// A browser on the same machine.
        Interactive = "interactive",
        /// An application with a secret or certificate.
        ServicePrincipal = "spn",
        /// A user's name and password.
        Password = "ropc",
        /// The machine's managed identity.
        ManagedIdentity = "msi",
        /// The identity that is signed in to the Azure Developer CLI.
        DeveloperCli = "azd",
        /// A federated token in a file.
        WorkloadIdentity = "workloadidentity",
        /// A service connection of Azure Pipelines.
        AzurePipelines = "azurepipelines",
    }
}

/// A kubeconfig and what is in it.
#[derive(Block, Debug)]
pub struct Answer {
    /// The kubeconfig, YAML. It holds no secret.
    kubeconfig: Computed<String>,
    /// Address of the API server.
    server: Computed<String>,
    /// Certificates of the cluster's own authority, PEM.
    cluster_ca_certificate: Computed<String>,
}

/// The data source.
#[derive(Debug)]
pub struct Kubeconfig;

#[async_trait]
impl DataSource for Kubeconfig {
    const NAME: &'static str = "kubeconfig";
    type Client = Session;
    type Query = Query;
    type Outputs = Answer;

    fn check(&self, query: &Query, diagnostics: &mut Diagnostics) {
        let ours = query.login.if_known() == Some(&Login::Secureaks);
        let mode = query.login_mode.if_set();
        if let Some(mode) = mode.filter(|mode| ours && **mode != LoginMode::DeviceCode) {
            diagnostics.push(query.login_mode.error(
                "Login mode is kubelogin's",
                format!(
                    "`login_mode` is {:?}, and `login` is \"secureaks\", which knows `devicecode` only and takes everything else from the settings of the provider. Leave `login_mode` out, or set `login = \"kubelogin\"`.",
                    mode.text()
                ),
            ));
        }
        if query.command.if_set().is_some_and(String::is_empty) {
            diagnostics.push(query.command.error(
                "Command is empty",
                "`command` is empty; a program's path or name is wanted. Leave it out to have it found on the PATH.",
            ));
        }
    }

    async fn read(&self, call: &Call<Session>, query: &Query) -> Result<Answer, Failure> {
        let inside = Inside::begin(call, &query.cluster_id, Verb::Read, "kubeconfig")?;
        let asked = async {
            let azure = inside.cluster.azure();
            let cloud = azure.cloud(&inside.limits).await?;
            let (access, facts) = Box::pin(inside.cluster.as_it_is(&inside.limits)).await?;
            Ok::<_, kube::Error>((cloud, facts, access))
        };
        let (cloud, facts, access) = match asked.await {
            Ok(asked) => asked,
            Err(error) if error.is_cluster_gone() => {
                return Err(not_there(&query.cluster_id, &inside).into());
            }
            Err(error) => return Err(inside.fail(&error, &NoFields).await),
        };
        if matches!(access.login, kube::Login::LocalAdministrator(_)) {
            return Err(without_entra(&query.cluster_id, &inside).into());
        }
        let server = if *query.public_fqdn.known()? {
            public_server(query, &facts)?
        } else {
            origin(&access.server)
        };
        let program = query.program(cloud, tenant(&facts))?;
        let id = inside.cluster.id();
        let names = Names {
            cluster: id.name(),
            user: format!(
                "clusterUser_{}_{}",
                id.resource_group().unwrap_or_default(),
                id.name()
            ),
        };
        let config = kubeconfig(&names, &server, &access.certificate_authority, &program);
        let text = yaml(&config)?;
        Ok(Answer {
            kubeconfig: text.into(),
            server: server.into(),
            cluster_ca_certificate: access.certificate_authority.clone().into(),
        })
    }
}

/// What kubectl runs.
#[derive(Debug, PartialEq)]
struct Program {
    command: String,
    arguments: Vec<String>,
    /// What kubectl says when it cannot be found.
    hint: &'static str,
}

/// What the entries of a kubeconfig are called: as `az aks get-credentials` calls them, so that one
/// takes the other's place.
struct Names<'a> {
    cluster: &'a str,
    user: String,
}

impl Query {
    fn program(&self, cloud: &Cloud, tenant: Option<&str>) -> Result<Program, Diagnostic> {
        let mode = self.login_mode.known()?.as_ref();
        let ours = *self.login.known()? != Login::Kubelogin;
        let arguments = if ours {
            own_arguments(mode, cloud, tenant)
        } else {
            kubelogin_arguments(mode.unwrap_or(&LoginMode::AzureCli), cloud, tenant)
        };
        let usual = if ours {
            "terraform-provider-secureaks"
        } else {
            "kubelogin"
        };
        let command = self.command.known()?.as_deref().unwrap_or(usual);
        Ok(Program {
            command: command.to_owned(),
            arguments,
            hint: if ours { OWN_HINT } else { KUBELOGIN_HINT },
        })
    }
}

const OWN_HINT: &str = "terraform-provider-secureaks is not found. Put the binary on the PATH, or name it in `command` of the data source secureaks_kubeconfig.";

const KUBELOGIN_HINT: &str =
    "kubelogin is not found. Install it: https://azure.github.io/kubelogin/install.html";

fn own_arguments(mode: Option<&LoginMode>, cloud: &Cloud, tenant: Option<&str>) -> Vec<String> {
    let mode = mode.map(Text::text);
    // A cloud of another name is described by a metadata host, which the environment names.
    let environment = match cloud.name.as_str() {
        "AzureCloud" => Some("public"),
        "AzureUSGovernment" => Some("usgovernment"),
        "AzureChinaCloud" => Some("china"),
        _ => None,
    };
    let options = [
        ("--login", mode.as_deref()),
        ("--tenant-id", tenant),
        ("--environment", environment),
    ];
    written("credential", &options)
}

fn kubelogin_arguments(mode: &LoginMode, cloud: &Cloud, tenant: Option<&str>) -> Vec<String> {
    let word = mode.text();
    // People sign in through AKS's public client; everybody else has an id of their own, which
    // kubelogin takes from its environment.
    let client = matches!(
        mode,
        LoginMode::DeviceCode | LoginMode::Interactive | LoginMode::Password
    );
    let environment = match cloud.name.as_str() {
        "AzureUSGovernment" => "AzureUSGovernmentCloud",
        "AzureChinaCloud" => "AzureChinaCloud",
        _ => "AzurePublicCloud",
    };
    let options = [
        ("--login", Some(word.as_str())),
        ("--server-id", Some(AKS_SERVER_APPLICATION)),
        ("--client-id", client.then_some(AKS_CLIENT_APPLICATION)),
        ("--tenant-id", tenant),
        ("--environment", Some(environment)),
    ];
    written("get-token", &options)
}

/// A subcommand and those of its options that have a value.
fn written(subcommand: &str, options: &[(&str, Option<&str>)]) -> Vec<String> {
    let options = options
        .iter()
        .filter_map(|(option, value)| Some([*option, (*value)?]))
        .flatten();
    [subcommand]
        .into_iter()
        .chain(options)
        .map(str::to_owned)
        .collect()
}

/// The tenant that the API server takes tokens of.
fn tenant(cluster: &ManagedCluster) -> Option<&str> {
    let profile = cluster.properties.as_ref()?.aad_profile.as_ref()?;
    profile.tenant_id.as_deref()
}

fn public_server(query: &Query, cluster: &ManagedCluster) -> Result<String, Diagnostic> {
    let properties = cluster.properties.as_ref();
    let fqdn = properties.and_then(|properties| properties.fqdn.as_deref());
    fqdn.filter(|name| !name.is_empty())
        .map(|name| format!("https://{name}"))
        .ok_or_else(|| {
            query.public_fqdn.error(
                "Cluster has no public name",
                "`public_fqdn` is true, and the cluster has none. Leave `public_fqdn` out, or give the cluster a public name: `az aks update --enable-public-fqdn`.",
            )
        })
}

/// A kubeconfig (Kubernetes documentation, "kubeconfig (v1)").
fn kubeconfig(names: &Names<'_>, server: &str, authority: &str, program: &Program) -> Json {
    let cluster = json!({
        "certificate-authority-data": STANDARD.encode(authority),
        "server": server,
    });
    let exec = json!({
        "apiVersion": "client.authentication.k8s.io/v1",
        "args": program.arguments,
        "command": program.command,
        "installHint": program.hint,
        "interactiveMode": "IfAvailable",
        "provideClusterInfo": false,
    });
    json!({
        "apiVersion": "v1",
        "clusters": [{ "cluster": cluster, "name": names.cluster }],
        "contexts": [{
            "context": { "cluster": names.cluster, "user": names.user },
            "name": names.cluster,
        }],
        "current-context": names.cluster,
        "kind": "Config",
        "users": [{ "name": names.user, "user": { "exec": exec } }],
    })
}

/// The document as people expect one: every text in its own line.
fn yaml(config: &Json) -> Result<String, Diagnostic> {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_string_with_options(config, options).map_err(|error| {
        Diagnostic::error(
            "Kubeconfig cannot be written",
            format!("{error}. Please report it as a bug of the provider."),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Origin;

    const TENANT: Option<&str> = Some("3f0c");

    #[test]
    fn a_private_cluster_without_a_public_name_is_told_how_to_get_one() {
        let nothing = Query::schema().empty();
        let query = Query::from_value(&nothing, Origin::Service, &mut Diagnostics::default());

        let refused = public_server(&query, &ManagedCluster::default()).unwrap_err();

        assert_eq!(
            refused.to_string(),
            "error: public_fqdn: Cluster has no public name\n`public_fqdn` is true, and the cluster has none. Leave `public_fqdn` out, or give the cluster a public name: `az aks update --enable-public-fqdn`."
        );
    }

    /// What is no text in YAML 1.1, which kubectl reads, stays one.
    #[test]
    fn names_that_look_like_something_else_stay_names() {
        let names = ["no", "1e3", "0123", "null"].map(|name| json!({ "name": name }));

        let texts = names.map(|name| yaml(&name).unwrap());

        assert_eq!(
            texts,
            [
                "name: \"no\"\n",
                "name: \"1e3\"\n",
                "name: \"0123\"\n",
                "name: \"null\"\n"
            ]
        );
    }

    #[test]
    fn our_binary_is_told_tenant_and_cloud() {
        let mode = LoginMode::DeviceCode;

        let arguments = [
            own_arguments(None, &Cloud::public(), TENANT),
            own_arguments(Some(&mode), &Cloud::china(), None),
        ];

        assert_eq!(
            arguments.map(|arguments| arguments.join(" ")),
            [
                "credential --tenant-id 3f0c --environment public",
                "credential --login devicecode --environment china"
            ]
        );
    }

    #[test]
    fn kubelogin_is_given_the_public_client_where_people_sign_in() {
        let arguments = [LoginMode::AzureCli, LoginMode::Interactive]
            .map(|mode| kubelogin_arguments(&mode, &Cloud::us_government(), TENANT).join(" "));

        assert_eq!(
            arguments,
            [
                "get-token --login azurecli --server-id 6dae42f8-4368-4678-94ff-3960e28e3630 --tenant-id 3f0c --environment AzureUSGovernmentCloud",
                "get-token --login interactive --server-id 6dae42f8-4368-4678-94ff-3960e28e3630 --client-id 80faf920-1908-4b52-b5ef-a8e7bedfc67a --tenant-id 3f0c --environment AzureUSGovernmentCloud"
            ]
        );
    }
}
