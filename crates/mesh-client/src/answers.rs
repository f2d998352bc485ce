//! Answers of API servers: read completely, limited in size, memory and time, and parsed into objects.
//!
//! A long answer is parsed on a thread of its own, so that it delays no other cluster, and within the request's time.

use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt as _;
use kube::Error as KubeError;
use kube::client::Body;
use kube::core::Status;
use serde::de::DeserializeOwned;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

use super::room::{HEAVIEST, LONGEST_ANSWER, Room, weight};
use super::{Attempt, Cluster, ConnectFault};
use mesh_model::Error;

/// The maximum length of an answer that is parsed on the runtime's thread: that is fast, and a thread costs memory.
const SHORT: usize = 1024 * 1024;
/// The limit of long answers that are parsed at the same time.
static PARSERS: Semaphore = Semaphore::const_new(2);
/// The longest error answer that is read.
const LONGEST_REFUSAL: usize = 256 * 1024;

/// The time until which an answer is waited for, with the limit that it came from; `None` is no limit.
pub(super) type Deadline = Option<(Instant, Duration)>;

/// An answer, with the room in memory that was reserved for it before it was parsed.
pub(super) struct Weighed<T> {
    pub(super) answer: T,
    pub(super) room: Room,
}

impl Cluster {
    /// Returns the deadline of a request that is sent now.
    pub(super) fn deadline(&self) -> Deadline {
        let bound = self.request_timeout();
        let own = bound.map(|bound| (Instant::now() + bound, bound));
        own.into_iter().chain(self.ends()).min()
    }

    /// Sends `request` and returns the answer.
    ///
    /// # Errors
    /// As explained by `attempt`.
    pub(super) async fn ask<T>(
        &self,
        request: Request<Vec<u8>>,
        attempt: &Attempt,
    ) -> Result<T, Error>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let asked = self
            .weighed(request, attempt, self.deadline(), OBJECT)
            .await?;
        Ok(asked.answer)
    }

    /// Sends `request` and returns the answer within `deadline`; each object in the answer is expected to need `each`
    /// bytes.
    pub(super) async fn weighed<T>(
        &self,
        request: Request<Vec<u8>>,
        attempt: &Attempt,
        deadline: Deadline,
        each: u64,
    ) -> Result<Weighed<T>, Error>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let (body, text) = self.text(request, attempt, deadline).await?;
        let parsed = parse(text, each, deadline).await;
        // The room for the text is released after its parts were copied.
        drop(body);
        parsed.map_err(|error| attempt.explain(error))
    }

    /// Sends `request` and returns the text of the answer, with the body that holds its room. As all here that does not
    /// depend on the type of the answer, this is compiled once and not for each type.
    async fn text(
        &self,
        request: Request<Vec<u8>>,
        attempt: &Attempt,
        deadline: Deadline,
    ) -> Result<(Body, Vec<u8>), Error> {
        let client = self.client();
        let answering = async {
            let response = client.send(request.map(Body::from)).await?;
            whole(response).await
        };
        let answered = match deadline {
            None => answering.await,
            // After the cluster's time nothing is sent any more.
            Some((at, bound)) if Instant::now() >= at => Err(no_answer(bound)),
            Some((at, bound)) => timeout_at(at, answering)
                .await
                .unwrap_or_else(|_| Err(no_answer(bound))),
        };
        answered.map_err(|error| attempt.explain(error))
    }

    /// Sends `request` and ignores the content of the answer.
    ///
    /// # Errors
    /// As explained by `attempt`.
    pub(super) async fn tell(
        &self,
        request: Request<Vec<u8>>,
        attempt: &Attempt,
    ) -> Result<(), Error> {
        self.ask::<serde::de::IgnoredAny>(request, attempt)
            .await
            .map(drop)
    }
}

/// The maximum memory for an object in an answer, for kinds with small objects.
pub(super) const OBJECT: u64 = 256;
/// The maximum memory for an object of the kinds that contain pods: a volume has fields for every type that exists.
pub(super) const PART_OF_A_POD: u64 = 2048;

/// Reads the body to its end; returns it with the body itself, which holds the reserved room.
async fn whole(response: Response<Body>) -> Result<(Body, Vec<u8>), KubeError> {
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else {
            continue;
        };
        make_room(&mut bytes, data.len());
        bytes.extend_from_slice(&data);
        if is_refusal && bytes.len() > LONGEST_REFUSAL {
            bytes.truncate(LONGEST_REFUSAL);
            break;
        }
    }
    if !is_refusal {
        return Ok((body, bytes));
    }
    let refusal = serde_json::from_slice::<Status>(&bytes).unwrap_or_else(|_| {
        let text = String::from_utf8_lossy(&bytes);
        Status::failure(text.trim(), "Failed to parse error data").with_code(status.as_u16())
    });
    Err(KubeError::Api(Box::new(refusal)))
}

/// Reserves a quarter more than the present length, instead of doubling it.
fn make_room(bytes: &mut Vec<u8>, more: usize) {
    if bytes.capacity() - bytes.len() < more {
        bytes.reserve_exact(more.max(bytes.len() / 4));
    }
}

async fn parse<T>(bytes: Vec<u8>, each: u64, deadline: Deadline) -> Result<Weighed<T>, KubeError>
where
    T: DeserializeOwned + Send + 'static,
{
    if bytes.len() <= SHORT {
        return parsed(&bytes, each);
    }
    let (sender, mut receiver) = oneshot::channel();
    // Nobody waits for the result any more where sending it fails.
    let work = move || drop(sender.send(parsed(&bytes, each)));
    on_a_thread(Box::new(work), deadline).await?;
    receiver
        .try_recv()
        .unwrap_or_else(|error| Err(KubeError::Service(error.into())))
}

/// Does `work` on a thread of its own, within `deadline`.
async fn on_a_thread(work: Box<dyn FnOnce() + Send>, deadline: Deadline) -> Result<(), KubeError> {
    let working = async {
        // Held until the work ends, even if nobody waits for it any more.
        let permit = PARSERS.acquire().await;
        let working = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work();
        });
        working
            .await
            .map_err(|error| KubeError::Service(error.into()))
    };
    match deadline {
        None => working.await,
        Some((at, bound)) => timeout_at(at, working)
            .await
            .unwrap_or_else(|_| Err(no_answer(bound))),
    }
}

fn no_answer(after: Duration) -> KubeError {
    KubeError::Service(ConnectFault::NoAnswer { after }.into())
}

fn parsed<T: DeserializeOwned>(bytes: &[u8], each: u64) -> Result<Weighed<T>, KubeError> {
    let weight = weight(bytes, each);
    let mut room = Room::of(HEAVIEST);
    room.take(weight)
        .map_err(|fault| KubeError::Service(fault.into()))?;
    let answer = serde_json::from_slice(bytes).map_err(KubeError::SerdeError)?;
    Ok(Weighed { answer, room })
}

/// Returns the room for one incoming answer.
pub(super) fn room() -> Room {
    Room::of(LONGEST_ANSWER)
}
