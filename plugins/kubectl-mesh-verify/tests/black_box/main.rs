//! The plugin as its users meet it, beside embedded clusters: what it finds, what it says, what it asks, how it ends.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where its own arrangement is wrong"
)]

mod bounds;
mod ca_certs;
mod catalogue;
mod corpus;
mod faults;
mod faults_of_one;
mod findings;
mod hostile_names;
mod ignore;
mod istiod_view;
mod many_contexts;
mod mesh_config;
mod mesh_file;
mod progress;
mod reads;
mod requests;
mod revision;
mod rights;
mod scene;
mod selection;
mod snapshot;
