//! What hostile clusters and hostile secrets may cost, and where they may lead us: a little memory and a few lines, and nowhere.

mod endless;
mod files;
mod http;
mod origins;
mod redirects;
mod text;
mod twins;
