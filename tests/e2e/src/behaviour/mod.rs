//! The behaviour suite: what the embedded cluster has to have in common with a real API server.
//!
//! `cases/*.txt` are scripts of requests (their format is in [`script`]); [`player`] sends them to a server and writes down what
//! came back with all that differs from run to run masked; `cases/*.golden` are such transcripts of a real API server. Both
//! kinds of clusters are held against those. Nothing in here knows which kind it talks to.

pub mod player;
pub mod script;
pub mod transcript;
