//! The `scale` of a Deployment, through which autoscalers set its replicas.
//!
//! Reads it, and changes it by PUT and merge patch; everything else is left to real clusters. Field owners:
//! <https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership>.

use serde_json::{Map, Value, json};

use crate::model::answer::Answer;
use crate::model::failure::{Cause, Failure};
use crate::objects::field_set::Step;
use crate::objects::owners::Owners;
use crate::objects::patch;
use crate::state::shared::State;
use crate::verbs::call::{self, Call, Options};
use crate::verbs::commit::commit;

/// Answers a request for a `scale`.
pub(crate) fn answer(state: &mut State, call: &Call<'_>) -> Result<Answer, Failure> {
    let live = state
        .store
        .get(&call.key())
        .ok_or_else(|| Failure::not_found(call.kind, &call.path.name))?;
    let mut scale = view(&live);
    match call.request.target.attributes.verb.as_str() {
        "get" => return Ok(Answer::Json(200, scale)),
        "update" => scale = call::decode(call.request, "Scale")?,
        "patch" if call.request.content_type() == "application/merge-patch+json" => {
            let body = call::decode_patch(call.request)?;
            patch::merge(&mut scale, &body);
        }
        "patch" => return Err(Failure::not_implemented("this patch of a scale")),
        _ => return Err(Failure::method_not_allowed()),
    }
    let options = call.options("UpdateOptions")?;
    let changed = set(state, call, &live, &scale, &options)?;
    Ok(Answer::Json(200, view(&changed)))
}

fn set(
    state: &mut State,
    call: &Call<'_>,
    live: &Value,
    scale: &Value,
    options: &Options,
) -> Result<Value, Failure> {
    let replicas = scale["spec"]["replicas"].as_i64().unwrap_or_default();
    if replicas < 0 {
        let why = "must be greater than or equal to 0";
        let cause = Cause::invalid("spec.replicas", &replicas.into(), why);
        return Err(Failure::invalid(
            "autoscaling",
            "Scale",
            &call.path.name,
            &[cause],
        ));
    }
    let mut object = live.clone();
    object["spec"]["replicas"] = replicas.into();
    let mut owners = Owners::of(live);
    // Replicas that nobody named stay nobody's.
    let field = [
        Step::Field("spec".to_owned()),
        Step::Field("replicas".to_owned()),
    ];
    if owners.anybody_owns(&field) {
        owners.update(call.kind, &options.writer, live, &object);
    }
    Ok(commit(state, call, live, object, owners, options))
}

/// The scale that belongs to a Deployment.
fn view(deployment: &Value) -> Value {
    let mut metadata = Map::new();
    for field in [
        "name",
        "namespace",
        "uid",
        "resourceVersion",
        "creationTimestamp",
    ] {
        metadata.insert(field.to_owned(), deployment["metadata"][field].clone());
    }
    let labels = deployment["spec"]["selector"]["matchLabels"].as_object();
    let mut pairs: Vec<String> = labels
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()))
        .collect();
    pairs.sort();
    json!({
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": {"replicas": deployment["spec"]["replicas"]},
        "status": {
            "replicas": deployment["status"]["replicas"].as_i64().unwrap_or_default(),
            "selector": pairs.join(","),
        },
    })
}
