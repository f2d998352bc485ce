//! The plugin as its users meet it: what it says, what it asks of clusters, how it ends.

mod expose;
mod expose_live;
mod generate;
