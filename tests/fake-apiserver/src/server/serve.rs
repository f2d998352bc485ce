//! The socket side of the embedded cluster: accept, handshake, HTTP, and carrying out faults.
//!
//! What an answer says is decided in `verbs`; this module only brings requests there and answers back.

use std::convert::Infallible;
use std::net::TcpListener as StdListener;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use rustls::pki_types::UnixTime;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;

use crate::access::authentication;
use crate::model::answer::Answer;
use crate::model::forward::{Forward, PROTOCOL};
use crate::model::request::Request;
use crate::model::user::{Certificate, User};
use crate::server::line::{Counted, Line};
use crate::server::tls::ClientAuthority;
use crate::state::clock::Clock;
use crate::state::faults::Action;
use crate::state::recording::Recorded;
use crate::state::shared::Shared;
use crate::verbs::dispatch;

/// The certificate and protocols of the server at the moment; tests change them while the cluster runs.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) tls: Arc<ServerConfig>,
    pub(crate) http1_only: bool,
    /// Accepts connections and never says a word.
    pub(crate) mute: bool,
    /// The seconds by which its clock is ahead, by what it says.
    pub(crate) clock_ahead: i64,
}

/// One running server.
pub(crate) struct Server {
    pub(crate) shared: Shared,
    pub(crate) clients: ClientAuthority,
    pub(crate) door: Mutex<Door>,
    /// Counts up when all connections are to be dropped; the listener goes when the sender does.
    pub(crate) evict: watch::Receiver<u64>,
}

/// Serves a listener until the eviction channel closes.
pub(crate) async fn run(server: Arc<Server>, listener: StdListener) {
    let listener = TcpListener::from_std(listener).expect("the listener is non-blocking");
    let mut evict = server.evict.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                let _ = stream.set_nodelay(true);
                tokio::spawn(connection(Arc::clone(&server), stream));
            }
            changed = evict.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
}

async fn connection(server: Arc<Server>, stream: TcpStream) {
    let (number, bytes) = server.shared.lock().recording.accept();
    let door = server
        .door
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let line = Arc::new(Line::default());
    let stream = Counted {
        stream,
        bytes,
        line: Arc::clone(&line),
    };
    let mut evict = server.evict.clone();
    // An eviction from before this connection is none of its.
    evict.mark_unchanged();
    tokio::select! {
        () = serve(Arc::clone(&server), door, stream, number, Arc::clone(&line)) => {}
        () = line.cut.notified() => {}
        _ = evict.changed() => {}
    }
}

async fn serve(server: Arc<Server>, door: Door, stream: Counted, number: usize, line: Arc<Line>) {
    if door.mute {
        std::future::pending::<()>().await;
    }
    let Ok(stream) = TlsAcceptor::from(door.tls).accept(stream).await else {
        return;
    };
    let session = stream.get_ref().1;
    let alpn = session
        .alpn_protocol()
        .map(String::from_utf8_lossy)
        .unwrap_or_default()
        .into_owned();
    let shown = session.peer_certificates().unwrap_or_default().to_vec();
    server.shared.lock().recording.handshake(number, &alpn);
    let clock_ahead = door.clock_ahead;
    let service = service_fn(move |request| {
        let (server, line, shown) = (Arc::clone(&server), Arc::clone(&line), shown.clone());
        async move {
            let date = Clock::date(clock_ahead);
            let now = server.shared.lock().clock.now().as_second();
            let now = UnixTime::since_unix_epoch(Duration::from_secs(
                u64::try_from(now).unwrap_or_default(),
            ));
            let certificate = server.clients.judge(&shown, now);
            let mut answer = exchange(&server, number, &certificate, request, line).await;
            if let Some(date) = date {
                answer.headers_mut().insert(header::DATE, date);
            }
            Ok::<_, Infallible>(answer)
        }
    });
    let mut http = auto::Builder::new(TokioExecutor::new());
    // A kube-apiserver allows 100 streams on one connection.
    http.http2()
        .max_concurrent_streams(100)
        .timer(TokioTimer::new());
    http.http1().timer(TokioTimer::new());
    let http = if door.http1_only {
        http.http1_only()
    } else {
        http
    };
    // Clients hang up as they like; that is no error of the cluster's.
    let _ = http
        .serve_connection_with_upgrades(TokioIo::new(stream), service)
        .await;
}

async fn exchange(
    server: &Server,
    connection: usize,
    certificate: &Certificate,
    mut request: hyper::Request<Incoming>,
    line: Arc<Line>,
) -> Response<Body> {
    let shared = &server.shared;
    let upgraded = hyper::upgrade::on(&mut request);
    let (parts, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    let request = Request::new(parts, body);
    let (user, place, latency, action) = {
        let mut state = shared.lock();
        let user = authentication::authenticate(&state, certificate, &request.headers);
        let name = user
            .as_ref()
            .map(|user| user.name.clone())
            .unwrap_or_default();
        let place = state
            .recording
            .arrive(Recorded::new(connection, &request, &name));
        let (method, path, shown) = (request.method.as_str(), &request.path, request.shown());
        let (latency, action) = state.faults.strike(method, path, &shown, &name);
        (user, place, latency, action)
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let mut response = answer(shared, &request, user, action, &line).await;
    if let Some(forward) = response.extensions_mut().remove() {
        tokio::spawn(lead(forward, upgraded, server.evict.clone()));
    }
    shared
        .lock()
        .recording
        .answer(place, response.status().as_u16());
    response
}

/// Leads a connection that became another one to a pod, for as long as the server lets it.
async fn lead(forward: Forward, upgraded: OnUpgrade, mut evict: watch::Receiver<u64>) {
    evict.mark_unchanged();
    let Ok(client) = upgraded.await else { return };
    tokio::select! {
        () = forward.carry(TokioIo::new(client)) => {}
        _ = evict.changed() => {}
    }
}

async fn answer(
    shared: &Shared,
    request: &Request,
    user: Result<User, crate::model::failure::Failure>,
    action: Action,
    line: &Arc<Line>,
) -> Response<Body> {
    match action {
        Action::Refuse(failure) => respond(Err(failure)),
        Action::Reset => {
            line.cut();
            std::future::pending().await
        }
        Action::Hang => std::future::pending().await,
        Action::Garbage => text(
            StatusCode::OK,
            "application/json",
            "{\"kind\": \"Sec\u{0}ret\", <<<",
        ),
        Action::LoginPage => text(
            StatusCode::OK,
            "text/html; charset=utf-8",
            "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form>Sign in to continue</form></body></html>\n",
        ),
        Action::ResetInBody => half(
            dispatch::handle(shared, request, user),
            Some(Arc::clone(line)),
        ),
        Action::HangInBody => half(dispatch::handle(shared, request, user), None),
        Action::Swap(from, to) => {
            swapped(respond(dispatch::handle(shared, request, user)), &from, &to).await
        }
        Action::Nothing => respond(dispatch::handle(shared, request, user)),
    }
}

fn respond(outcome: Result<Answer, crate::model::failure::Failure>) -> Response<Body> {
    match outcome {
        Ok(Answer::Json(code, value)) => json(code, &value),
        Ok(Answer::Typed(media_type, value)) => {
            let mut response = json(200, &value);
            let media_type = HeaderValue::from_str(&media_type).expect("media types are ASCII");
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, media_type);
            response
        }
        Ok(Answer::Text(code, body)) => text(
            StatusCode::from_u16(code).expect("codes are valid"),
            "text/plain; charset=utf-8",
            &body,
        ),
        Ok(Answer::Forward(forward)) => Response::builder()
            .status(StatusCode::SWITCHING_PROTOCOLS)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_ACCEPT, forward.accept())
            .header(header::SEC_WEBSOCKET_PROTOCOL, PROTOCOL)
            .extension(forward)
            .body(Body::Whole(Full::default()))
            .expect("the head is well formed"),
        Ok(Answer::Stream(receiver)) => Response::builder()
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::Stream(receiver))
            .expect("the head is well formed"),
        Err(failure) => {
            let mut response = json(failure.code, &failure.to_json());
            if let Some(seconds) = failure.retry_after {
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, seconds.into());
            }
            response
        }
    }
}

fn json(code: u16, value: &serde_json::Value) -> Response<Body> {
    let code = StatusCode::from_u16(code).expect("codes are valid");
    text(code, "application/json", &format!("{value}\n"))
}

fn text(code: StatusCode, media_type: &str, body: &str) -> Response<Body> {
    Response::builder()
        .status(code)
        .header(header::CONTENT_TYPE, media_type)
        .body(Body::Whole(Full::new(Bytes::copy_from_slice(
            body.as_bytes(),
        ))))
        .expect("the head is well formed")
}

/// The answer with another text in the place of one; what comes in pieces stays as it is.
async fn swapped(response: Response<Body>, from: &str, to: &str) -> Response<Body> {
    if matches!(response.body(), Body::Stream(_)) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let whole = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes);
    let quoted = serde_json::Value::from(to).to_string();
    let inside = &quoted[1..quoted.len() - 1];
    let text = String::from_utf8_lossy(&whole.unwrap_or_default()).replace(from, inside);
    Response::from_parts(parts, Body::Whole(text.into()))
}

/// The answer with only half of its body; then the line is cut, or nothing comes any more.
fn half(
    outcome: Result<Answer, crate::model::failure::Failure>,
    cut: Option<Arc<Line>>,
) -> Response<Body> {
    let (parts, body) = respond(outcome).into_parts();
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let whole = body
            .collect()
            .await
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        let _ = sender.send(whole.slice(..whole.len() / 2)).await;
        match cut {
            Some(line) => {
                // The first half has to leave before the line goes.
                tokio::time::sleep(Duration::from_millis(20)).await;
                line.cut();
                // The end of the channel would be a proper end of the body.
                sender.closed().await;
            }
            None => sender.closed().await,
        }
    });
    Response::from_parts(parts, Body::Stream(receiver))
}

/// A response body: whole, or coming in pieces.
pub(crate) enum Body {
    Whole(Full<Bytes>),
    Stream(mpsc::Receiver<Bytes>),
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(cx),
            Self::Stream(receiver) => receiver
                .poll_recv(cx)
                .map(|piece| piece.map(|bytes| Ok(Frame::data(bytes)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(body) => body.is_end_stream(),
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Stream(_) => hyper::body::SizeHint::default(),
        }
    }
}
