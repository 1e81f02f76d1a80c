//! Polling operations: `Azure-AsyncOperation` and `Location`.

use super::Engine;
use super::answer::{Problem, document, empty};
use super::operation::{Operation, Outcome};
use super::path::Polled;
use super::refusals::missing_operation;
use super::signature::Address;
use crate::arm::exchange::{Moment, Request, Response};

impl Engine {
    /// `operations/{id}`: always 200, the status is in the body.
    pub(super) fn poll(
        &mut self,
        polled: &Polled,
        request: &Request,
        moment: &Moment<'_>,
    ) -> Result<Response, Problem> {
        let body = self
            .seen(Address::Status, polled, request)?
            .body(moment.now);
        Ok(document(200, Vec::new(), body))
    }

    /// `operationresults/{id}`: 202 with the operation and a fresh address while it runs, then 204,
    /// which carries an address once more (recorded `stop_start`).
    pub(super) fn poll_result(
        &mut self,
        polled: &Polled,
        request: &Request,
        moment: &Moment<'_>,
    ) -> Result<Response, Problem> {
        let operation = self.seen(Address::Result, polled, request)?;
        let body = operation.body(moment.now);
        let outcome = operation.outcome.clone();
        let polled = operation.polled();
        let address = self.signer.url(Address::Result, &polled, moment);
        let headers = vec![("location".to_owned(), address)];
        match outcome {
            None => Ok(document(202, headers, body)),
            Some(Outcome::Succeeded | Outcome::Canceled) => Ok(empty(204, headers)),
            // Nobody recorded a failed one: the contract of Resource Manager asks for an error.
            Some(Outcome::Failed(fault)) => Err(Problem::provider(400, &fault.code, fault.message)),
        }
    }

    fn seen(
        &mut self,
        address: Address,
        polled: &Polled,
        request: &Request,
    ) -> Result<&Operation, Problem> {
        self.signer.check(address, polled, request)?;
        let late = self.quirks.operations_appear_late;
        let operation = self
            .operations
            .get_mut(&polled.id)
            .ok_or_else(|| missing_operation(&polled.id))?;
        operation.polls += 1;
        if late && operation.polls == 1 {
            return Err(missing_operation(&polled.id));
        }
        Ok(operation)
    }
}
