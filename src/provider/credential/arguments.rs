//! What may follow `credential` on the command line. No secret may: other users of the machine can read it.

use uuid::Uuid;

use super::CredentialError;

/// How the command is used.
pub(super) const USAGE: &str = "terraform-provider-secureaks credential [OPTIONS]

Signs in to AKS clusters for kubectl, Helm and others, which run it as the credential plugin that a
kubeconfig names. Who signs in comes from the same ARM_* variables as the provider's, and without any
from the Azure CLI.

  --login devicecode   signs in as a person, with a code that is entered in a browser
  --tenant-id ID       the Entra tenant, instead of ARM_TENANT_ID
  --environment NAME   public, usgovernment or china, instead of ARM_ENVIRONMENT
  --server-id ID       the application that the API server takes tokens for, if not the one of AKS
  --help               prints this";

/// What tells them.
pub(super) const HELP: &str = "terraform-provider-secureaks credential --help";

/// How to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Login {
    /// As the environment says, in the provider's order.
    Settings,
    /// As a person, with a code.
    DeviceCode,
}

/// The options.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Arguments {
    pub(super) login: Login,
    pub(super) tenant_id: Option<String>,
    pub(super) environment: Option<String>,
    pub(super) server_id: Option<Uuid>,
}

impl Arguments {
    /// Reads `--option value` and `--option=value`; `None` when help is wanted.
    pub(super) fn parse(words: &[String]) -> Result<Option<Self>, CredentialError> {
        let mut arguments = Self {
            login: Login::Settings,
            tenant_id: None,
            environment: None,
            server_id: None,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let (option, written) = match word.split_once('=') {
                Some((option, value)) => (option, Some(value)),
                None => (word.as_str(), None),
            };
            if matches!(option, "--help" | "-h") {
                return Ok(None);
            }
            if !OPTIONS.contains(&option) {
                return Err(CredentialError::Usage(format!(
                    "there is no option {option:?}"
                )));
            }
            let value = written
                .or_else(|| words.next().map(String::as_str))
                .filter(|value| !value.is_empty())
                .ok_or_else(|| CredentialError::Usage(format!("{option} needs a value")))?;
            arguments.set(option, value)?;
        }
        Ok(Some(arguments))
    }

    fn set(&mut self, option: &str, value: &str) -> Result<(), CredentialError> {
        match option {
            "--login" if value == "devicecode" => self.login = Login::DeviceCode,
            "--login" => {
                return Err(CredentialError::Usage(format!(
                    "expected `--login devicecode`, or no `--login`, which signs in as the provider does, found {value:?}"
                )));
            }
            "--tenant-id" => self.tenant_id = Some(value.to_owned()),
            "--environment" => self.environment = Some(value.to_owned()),
            _ => {
                let id = Uuid::parse_str(value).map_err(|_| {
                    CredentialError::Usage(format!("--server-id is {value:?}; a UUID is wanted"))
                })?;
                self.server_id = Some(id);
            }
        }
        Ok(())
    }
}

const OPTIONS: [&str; 4] = ["--login", "--tenant-id", "--environment", "--server-id"];

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Option<Arguments>, String> {
        let words: Vec<String> = words.iter().map(ToString::to_string).collect();
        Arguments::parse(&words).map_err(|error| {
            let text = error.to_string();
            text.split('.').next().unwrap_or_default().to_owned()
        })
    }

    #[test]
    fn options_are_read_in_both_spellings() {
        let arguments = parse(&[
            "--login=devicecode",
            "--tenant-id",
            "contoso.example",
            "--environment=china",
            "--server-id",
            "6DAE42F8-4368-4678-94FF-3960E28E3630",
        ]);

        let wanted = Arguments {
            login: Login::DeviceCode,
            tenant_id: Some("contoso.example".to_owned()),
            environment: Some("china".to_owned()),
            server_id: Some(Uuid::from_u128(0x6dae_42f8_4368_4678_94ff_3960_e28e_3630)),
        };
        assert_eq!(arguments, Ok(Some(wanted)));
    }

    #[test]
    fn help_is_told_from_a_mistake() {
        assert_eq!(parse(&["--tenant-id", "t", "--help"]), Ok(None));
    }

    #[test]
    fn what_is_no_option_is_refused_with_those_there_are() {
        let words: [&[&str]; 5] = [
            &["get-token"],
            &["--client-secret", "s"],
            &["--tenant-id"],
            &["--login", "interactive"],
            &["--server-id", "aks"],
        ];

        let refused = words.map(|words| parse(words).unwrap_err());

        assert_eq!(
            refused,
            [
                "there is no option \"get-token\"",
                "there is no option \"--client-secret\"",
                "--tenant-id needs a value",
                "expected `--login devicecode`, or no `--login`, which signs in as the provider does, found \"interactive\"",
                "--server-id is \"aks\"; a UUID is wanted",
            ]
        );
    }
}
