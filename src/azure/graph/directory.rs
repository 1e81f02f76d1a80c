//! One process' knowledge of the directory: questions that are asked at the same time become one
//! request, and what was found is not asked for again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::batch::{self, MOST_STEPS, Reply, Step};
use super::question::{self, Answer, Question};
use crate::azure::call::Call;
use crate::azure::client::Client;
use crate::azure::clock::later;
use crate::azure::error::Error;
use crate::azure::segment::InvalidSegment;

/// How long the first who asks waits for others: Terraform plans ten resources at once.
const GATHERING: Duration = Duration::from_millis(10);

/// How long Graph may take. Nothing depends on it: without it principals go unchecked.
const PATIENCE: Duration = Duration::from_secs(45);

/// How often steps are asked again that Graph had no time for.
const ROUNDS: u32 = 4;

/// The directory, as far as it was asked about.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    state: Mutex<State>,
    /// Held by whoever asks, on purpose: the others wait for the one answer.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    /// Questions without an answer.
    wanted: BTreeSet<Question>,
    /// How many requests were put together so far.
    waves: u64,
    /// Answers, and the wave that brought each.
    answers: BTreeMap<Question, (u64, Answer)>,
}

impl State {
    /// Answers to all `questions` that are good for somebody who asked after `arrived` waves.
    fn answers(&self, questions: &[Question], arrived: u64) -> Option<Vec<Answer>> {
        let answer = |question| {
            let (wave, answer) = self.answers.get(question)?;
            (answer.lasts() || *wave > arrived).then(|| answer.clone())
        };
        questions.iter().map(answer).collect()
    }
}

impl Directory {
    /// One answer to each question.
    pub(crate) async fn look_up(
        &self,
        client: &Client,
        questions: &[Question],
        call: &Call,
    ) -> Result<Vec<Answer>, Error> {
        let arrived = {
            let mut state = self.state();
            let arrived = state.waves;
            if let Some(answers) = state.answers(questions, arrived) {
                return Ok(answers);
            }
            let open: Vec<Question> = questions
                .iter()
                .filter(|one| state.answers(std::slice::from_ref(one), arrived).is_none())
                .cloned()
                .collect();
            state.wanted.extend(open);
            arrived
        };
        let _turn = call.lock(client.clock(), &self.turn).await?;
        if let Some(answers) = self.state().answers(questions, arrived) {
            return Ok(answers);
        }
        self.wave(client, call).await?;
        let answers = self.state().answers(questions, arrived);
        answers.ok_or_else(|| Error::Decode {
            what: "the answers of Microsoft Graph".to_owned(),
            reason: "a question has none".to_owned(),
        })
    }

    /// Asks all that is wanted by now.
    async fn wave(&self, client: &Client, call: &Call) -> Result<(), Error> {
        let gather = async {
            client.clock().sleep(GATHERING).await;
            Ok(())
        };
        call.guard(client.clock(), gather).await?;
        let (wave, questions) = {
            let mut state = self.state();
            state.waves += 1;
            let questions: Vec<Question> = state.wanted.iter().cloned().collect();
            (state.waves, questions)
        };
        // When our time is up, whoever waits has time of their own: they ask for themselves.
        let answers = Box::pin(ask_within_patience(client, &questions, call)).await?;
        let mut state = self.state();
        for (question, answer) in answers {
            state.wanted.remove(&question);
            state.answers.insert(question, (wave, answer));
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks, and takes for unreadable what cannot be asked, for whatever reason: Graph is a help, not a need.
async fn ask_within_patience(
    client: &Client,
    questions: &[Question],
    call: &Call,
) -> Result<Vec<(Question, Answer)>, Error> {
    let patience = later(client.clock().now(), PATIENCE);
    let shorter = call.deadline.is_none_or(|deadline| patience < deadline);
    let bounded = Call {
        deadline: if shorter {
            Some(patience)
        } else {
            call.deadline
        },
        ..call.clone()
    };
    let reason = match ask(client, questions, &bounded).await {
        Ok(answers) => return Ok(answers),
        Err(Error::Cancelled) => return Err(Error::Cancelled),
        Err(Error::TimedOut) if !shorter => return Err(Error::TimedOut),
        Err(Error::TimedOut) => "Microsoft Graph did not answer in time".to_owned(),
        Err(error) => error.to_string(),
    };
    let unreadable = |question: &Question| (question.clone(), Answer::Unreadable(reason.clone()));
    Ok(questions.iter().map(unreadable).collect())
}

/// Asks once, and once more about what is not there.
async fn ask(
    client: &Client,
    questions: &[Question],
    call: &Call,
) -> Result<Vec<(Question, Answer)>, Error> {
    let asked = question::asked(questions).map_err(|invalid| unnameable(&invalid))?;
    let steps: Vec<Step> = asked.iter().map(|asked| asked.step.clone()).collect();
    let mut answers = Vec::with_capacity(questions.len());
    let mut missing = Vec::new();
    for (asked, reply) in asked.into_iter().zip(send(client, steps, call).await?) {
        for question in asked.questions {
            match (
                question::answer(&question, &reply),
                question::asked_again(&question).map_err(|invalid| unnameable(&invalid))?,
            ) {
                (Answer::Unknown, Some(step)) => missing.push((question, step)),
                (answer, _) => answers.push((question, answer)),
            }
        }
    }
    let steps = missing.iter().map(|(_, step)| step.clone()).collect();
    let replies = send(client, steps, call).await?;
    for ((question, _), reply) in missing.into_iter().zip(replies) {
        let answer = question::answer_again(&question, &reply);
        answers.push((question, answer));
    }
    Ok(answers)
}

fn unnameable(invalid: &InvalidSegment) -> Error {
    Error::Address {
        address: "Microsoft Graph".to_owned(),
        reason: invalid.to_string(),
    }
}

/// One reply to each step.
async fn send(client: &Client, steps: Vec<Step>, call: &Call) -> Result<Vec<Reply>, Error> {
    let mut replies: BTreeMap<usize, Reply> = BTreeMap::new();
    let steps: Vec<(usize, Step)> = steps.into_iter().enumerate().collect();
    for round in 1..=ROUNDS {
        let open: Vec<&(usize, Step)> = steps
            .iter()
            .filter(|(number, _)| replies.get(number).is_none_or(Reply::is_passing))
            .collect();
        if open.is_empty() {
            break;
        }
        if round > 1 {
            let pause = async {
                client.clock().sleep(Duration::from_secs(1) * round).await;
                Ok(())
            };
            call.guard(client.clock(), pause).await?;
        }
        for chunk in open.chunks(MOST_STEPS) {
            let chunk_steps: Vec<Step> = chunk.iter().map(|(_, step)| step.clone()).collect();
            let response = client.send(&batch::request(&chunk_steps), call).await?;
            let answered = batch::replies(&response, chunk.len())?;
            replies.extend(chunk.iter().map(|(number, _)| *number).zip(answered));
        }
    }
    Ok(replies.into_values().collect())
}

#[cfg(test)]
mod tests;
