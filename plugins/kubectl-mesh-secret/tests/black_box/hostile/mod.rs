//! Secrets of a holder that is hostile to the cluster that it reads: what the operator's ordinary commands must not do on
//! their word. East is the hostile one; it may write anything in its own cluster.

mod cut_off;
mod made_up;
mod steps;
mod thrown_out;

use steps::{ROTATIONS, base64, kubeconfig, powerful, replace, uid};
