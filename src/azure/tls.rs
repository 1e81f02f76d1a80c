//! Whether a failure to get an answer means that the server that answered cannot be trusted. rustls says so deep inside of what
//! other layers wrap around it.

use std::error::Error;
use std::io;

use rustls::CertificateError;

/// What to do about a server that answers in Azure's place.
pub const WAY_OUT: &str = "Something between this machine and Azure may answer in its place, such as a proxy that opens TLS. If that is meant, name the file with its certificate authority in `SSL_CERT_FILE`; else find out who answers there before anything is sent";

/// An error and what it comes from, down to the first cause. An I/O error leaves out of its own `source` what it
/// wraps, so that it is looked into here.
pub fn causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        let wrapped = error
            .downcast_ref::<io::Error>()
            .and_then(|error| error.get_ref())
            .map(|wrapped| wrapped as &(dyn Error + 'static));
        next = wrapped.or_else(|| error.source());
        Some(error)
    })
}

/// Why the server that answered cannot be trusted, as a clause about "it"; `None` where that is not what failed.
pub fn distrust(error: &(dyn Error + 'static)) -> Option<String> {
    let found = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>())?;
    Some(match found {
        rustls::Error::InvalidCertificate(found) => certificate(found),
        rustls::Error::InvalidMessage(_) => "it does not speak TLS".to_owned(),
        other => format!("TLS with it failed ({other})"),
    })
}

fn certificate(found: &CertificateError) -> String {
    use CertificateError as Found;
    match found {
        // A signature is bad where another authority has taken the name of the expected one.
        Found::UnknownIssuer | Found::BadSignature => {
            "its certificate is signed by an unknown authority".to_owned()
        }
        Found::NotValidForName | Found::NotValidForNameContext { .. } => {
            "its certificate is for another name".to_owned()
        }
        Found::Expired | Found::ExpiredContext { .. } => "its certificate has expired".to_owned(),
        Found::NotValidYet | Found::NotValidYetContext { .. } => {
            "its certificate is not valid yet, by this machine's clock".to_owned()
        }
        Found::Revoked => "its certificate has been revoked".to_owned(),
        other => format!("its certificate is not valid ({other})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a transport says, with the layers that it puts around `error`.
    fn wrapped(error: rustls::Error) -> io::Error {
        io::Error::other(io::Error::new(io::ErrorKind::InvalidData, error))
    }

    #[test]
    fn what_rustls_says_is_found_in_the_errors_that_wrap_it() {
        let found = [
            CertificateError::UnknownIssuer,
            CertificateError::NotValidForName,
            CertificateError::Expired,
            CertificateError::NotValidYet,
            CertificateError::Revoked,
            CertificateError::BadSignature,
            CertificateError::ApplicationVerificationFailure,
        ];

        let told = found.map(|found| distrust(&wrapped(rustls::Error::InvalidCertificate(found))));

        assert_eq!(
            told.map(Option::unwrap_or_default),
            [
                "its certificate is signed by an unknown authority",
                "its certificate is for another name",
                "its certificate has expired",
                "its certificate is not valid yet, by this machine's clock",
                "its certificate has been revoked",
                "its certificate is signed by an unknown authority",
                "its certificate is not valid (ApplicationVerificationFailure)",
            ]
        );
    }

    #[test]
    fn a_connection_that_breaks_is_no_question_of_trust() {
        let broken = io::Error::new(io::ErrorKind::UnexpectedEof, "tls handshake eof");

        let told = distrust(&io::Error::other(broken));

        assert_eq!(told, None);
    }
}
