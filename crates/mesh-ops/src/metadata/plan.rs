//! Decides what each object needs, and why it may not be written. Pure: objects come in as they were read.

use std::collections::BTreeSet;

use mesh_model::Error;
use mesh_model::change::{Action, Change};
use mesh_model::command::{Knob, Kubectl, Step};
use mesh_model::error::Kind;
use mesh_model::metadata::{Desired, FieldWrite, MetadataField, Refusal};
use mesh_model::names::APPLIED_BY;
use serde_json::json;

use super::field_change::Body;
use super::{FieldChange, IfMissing, Object, ObjectName, Request};

/// Plans the change that `found` needs to have `value`; `None` removes the field.
///
/// # Errors
/// The object is missing, has another value, or another field manager owns the field.
pub(super) fn plan<K: Object>(
    request: &Request,
    applied_by: &str,
    kubectl: &Kubectl,
    context: &str,
    name: &ObjectName,
    found: Option<&K>,
    value: Option<&str>,
) -> Result<FieldChange<K>, Error> {
    let (body, action) = match found {
        Some(found) => change_of(request, found, value)
            .map_err(|fault| fault.explain::<K>(request.field, context, name, value))?,
        None => match (value, request.if_missing) {
            (Some(value), IfMissing::Create) => {
                let object = new(request, applied_by, name, value)?;
                let body = Body::Apply {
                    object,
                    force: false,
                };
                (body, Action::Create)
            }
            (Some(_), IfMissing::RefuseUnless(knob)) => {
                return Err(missing::<K>(kubectl, context, name, value, Some(knob)));
            }
            (Some(_), IfMissing::Refuse) | (None, _) => {
                return Err(missing::<K>(kubectl, context, name, value, None));
            }
        },
    };
    Ok(FieldChange {
        change: Change::new(context, name.object_ref::<K>(), action),
        body,
    })
}

/// The reason why an object that was found cannot be changed.
enum Fault {
    Refused(Refusal),
    Unreadable(serde_json::Error),
}

fn change_of<K: Object>(
    request: &Request,
    found: &K,
    value: Option<&str>,
) -> Result<(Body<K>, Action), Fault> {
    let field = request.field;
    let there = field.value(found.meta());
    let value = match (value, there) {
        (Some(wanted), Some(there)) if request.is_list && same_list(wanted, there) => Some(there),
        (other, _) => other,
    };
    let desired = Desired {
        value,
        overwrite: request.overwrite,
        force_conflicts: request.force_conflicts,
    };
    let action = match (field, value) {
        (MetadataField::Label(_), Some(_)) => Action::Label,
        (MetadataField::Label(_), None) => Action::Unlabel,
        (MetadataField::Annotation(_), Some(_)) => Action::Annotate,
        (MetadataField::Annotation(_), None) => Action::Unannotate,
    };
    match field
        .decide(found.meta(), desired)
        .map_err(Fault::Refused)?
    {
        FieldWrite::Keep => Ok((Body::Nothing, Action::Keep)),
        FieldWrite::Apply { force } => {
            let whole = serde_json::to_value(found).map_err(Fault::Unreadable)?;
            let object = serde_json::from_value(field.applied(&whole, value));
            let object = object.map(Box::new).map_err(Fault::Unreadable)?;
            Ok((Body::Apply { object, force }, action))
        }
        FieldWrite::Remove => Ok((Body::MergePatch(field.removal(found.meta())), action)),
    }
}

/// Returns whether two lists have the same names. Blanks belong to the names, since istiod reads them so.
fn same_list(one: &str, other: &str) -> bool {
    let names =
        |list: &'_ str| -> BTreeSet<String> { list.split(',').map(str::to_owned).collect() };
    names(one) == names(other)
}

/// Returns an object of ours that has the field and nothing else.
fn new<K: Object>(
    request: &Request,
    applied_by: &str,
    name: &ObjectName,
    value: &str,
) -> Result<Box<K>, Error> {
    let bare = json!({
        "apiVersion": K::api_version(&()), "kind": K::kind(&()),
        "metadata": {"name": name.name, "namespace": name.namespace},
    });
    let mut object = request.field.applied(&bare, Some(value));
    object["metadata"]["annotations"][APPLIED_BY] = json!(applied_by);
    serde_json::from_value(object)
        .map(Box::new)
        .map_err(unreadable)
}

fn unreadable(error: serde_json::Error) -> Error {
    Error::refused("the object cannot be read as its kind").because(error)
}

fn missing<K: Object>(
    kubectl: &Kubectl,
    context: &str,
    name: &ObjectName,
    value: Option<&str>,
    create: Option<Knob>,
) -> Error {
    let object = name.described::<K>();
    let sentence = format!("{object} does not exist in context {context}");
    let mut error = Error::new(Kind::NotFound, sentence);
    if let Some(namespace) = &name.namespace {
        return error.hint(kubectl.in_namespace(namespace).words("get services"));
    }
    if value.is_some() {
        error = error.hint(kubectl.command().words("create namespace").arg(&name.name));
    }
    if let Some(create) = create {
        let step = Step::new("add ").knob(create);
        error = error.hint(step.text(", to create it with the label"));
    }
    let step = Step::new("name the namespace with ").knob(Knob::Namespace);
    error.hint(step.text(", if Istio is installed in another one there"))
}

impl Fault {
    fn explain<K: Object>(
        self,
        field: MetadataField,
        context: &str,
        name: &ObjectName,
        value: Option<&str>,
    ) -> Error {
        let object = name.described::<K>();
        match self {
            Self::Unreadable(error) => unreadable(error),
            Self::Refused(Refusal::OtherValue(other)) => {
                let value = value.unwrap_or_default();
                let sentence =
                    format!("{object} in context {context} has {field}={other}, not {value}");
                let step = Step::new("add ").knob(Knob::Overwrite);
                Error::new(Kind::Conflict, sentence).hint(step.text(", to replace it"))
            }
            Self::Refused(Refusal::Applied(owners)) => {
                let owners = owners.join(", ");
                let sentence =
                    format!("{field} of {object} in context {context} is owned by {owners}");
                let step = Step::new("edit it at its source, or pass ").knob(Knob::ForceConflicts);
                Error::new(Kind::Conflict, sentence).hint(step.text(" to take ownership"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Namespace;
    use mesh_model::change::DryRun;
    use serde_json::Value;

    use super::*;

    fn request() -> Request {
        Request {
            field: MetadataField::Label("l"),
            overwrite: false,
            force_conflicts: false,
            if_missing: IfMissing::RefuseUnless(Knob::CreateNamespace),
            is_list: false,
            rehearse: false,
            dry_run: DryRun::None,
        }
    }

    fn planned(
        request: &Request,
        found: Option<Value>,
        value: Option<&str>,
    ) -> Result<FieldChange<Namespace>, Error> {
        let found: Option<Namespace> = found.map(|found| serde_json::from_value(found).unwrap());
        let name = ObjectName {
            namespace: None,
            name: "n".to_owned(),
        };
        let kubectl = Kubectl::default().context("east");
        plan(
            request,
            "test/1",
            &kubectl,
            "east",
            &name,
            found.as_ref(),
            value,
        )
    }

    fn action(planned: Result<FieldChange<Namespace>, Error>) -> Option<Action> {
        Some(planned.ok()?.change.action)
    }

    #[test]
    fn a_value_that_is_right_is_not_written() {
        let labelled = json!({"metadata": {"name": "n", "labels": {"l": "a"}}});
        let kept = planned(&request(), Some(labelled.clone()), Some("a")).unwrap();
        assert_eq!(
            kept.change.to_string(),
            "namespace/n unchanged in context east"
        );
        let bare = json!({"metadata": {"name": "n"}});
        assert_eq!(
            action(planned(&request(), Some(bare.clone()), None)),
            Some(Action::Keep)
        );
        assert_eq!(
            action(planned(&request(), Some(bare), Some("a"))),
            Some(Action::Label)
        );
        let error = planned(&request(), Some(labelled), Some("b")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "namespace n in context east has label l=a, not b"
        );
        assert_eq!(error.hints()[0], "add --overwrite, to replace it");
    }

    #[test]
    fn a_list_is_right_in_any_order() {
        let labelled = json!({"metadata": {"name": "n", "labels": {"l": "a,b"}}});
        let list = Request {
            is_list: true,
            ..request()
        };
        for (request, value, is_right) in [
            (&list, "b,a", true),
            (&list, "a,b,a", true),
            (&list, "a", false),
            (&list, "a,b,c", false),
            (&list, "a, b", false),
            (&request(), "b,a", false),
        ] {
            let planned = planned(request, Some(labelled.clone()), Some(value));
            assert_eq!(action(planned) == Some(Action::Keep), is_right, "{value}");
        }
    }

    #[test]
    fn a_missing_object_is_created_only_on_request() {
        let error = planned(&request(), None, Some("a")).unwrap_err();
        assert_eq!(
            error.hints()[0],
            "kubectl --context east create namespace n"
        );
        assert_eq!(
            error.hints()[1],
            "add --create-namespace, to create it with the label"
        );
        let create = Request {
            if_missing: IfMissing::Create,
            ..request()
        };
        let Body::Apply { object, .. } = planned(&create, None, Some("a")).unwrap().body else {
            panic!("it is not created");
        };
        assert_eq!(object.metadata.labels.unwrap()["l"], "a");
        assert_eq!(object.metadata.annotations.unwrap()[APPLIED_BY], "test/1");
        assert!(planned(&create, None, None).is_err());
    }
}
