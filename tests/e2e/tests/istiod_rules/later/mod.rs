//! Faults by which istiod's client fails later than the reading of a kubeconfig: servers, authorities, certificates, tokens. What
//! the plugin says of a credential that it used, and of a secret that it tried before it gave it out, a real istiod confirms.

mod case;
mod clients;
mod doors;
mod said;
mod source;
mod test;
mod tokens;
