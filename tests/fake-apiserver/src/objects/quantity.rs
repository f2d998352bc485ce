//! Amounts of resources in their one canonical spelling: `2000m` is stored as `2`, `1024Mi` as `1Gi`.
//!
//! Rules: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/>. What is no amount stays as it is.

use serde_json::Value;

const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// From 10^-9 in steps of a thousand.
const DECIMAL: [&str; 10] = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];
const NANO: i128 = 1_000_000_000;

/// The canonical spelling of an amount, which YAML may have read as a number.
pub(crate) fn canonical(amount: &Value) -> Value {
    let text = match amount {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return amount.clone(),
    };
    spelled(&text).map_or_else(|| text.clone().into(), Value::String)
}

fn spelled(text: &str) -> Option<String> {
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() + fraction.len() > 18 || fraction.len() > 9 || number.is_empty() {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction:0<9}").parse().ok()?;
    if let Some(power) = BINARY.iter().skip(1).position(|known| *known == suffix) {
        let scale = 1024_i128.pow(u32::try_from(power).ok()? + 1);
        return Some(binary(digits.checked_mul(scale)? / NANO));
    }
    let power = DECIMAL.iter().position(|known| *known == suffix)?;
    // `digits` counts billionths, which the first suffix stands for.
    let scale = 1000_i128.pow(u32::try_from(power).ok()?);
    Some(decimal(digits.checked_mul(scale)? / NANO))
}

fn binary(mut amount: i128) -> String {
    let mut steps = 0;
    while amount != 0 && amount % 1024 == 0 && steps + 1 < BINARY.len() {
        amount /= 1024;
        steps += 1;
    }
    format!("{amount}{}", BINARY[steps])
}

fn decimal(mut billionths: i128) -> String {
    if billionths == 0 {
        return "0".to_owned();
    }
    let mut steps = 0;
    while billionths % 1000 == 0 && steps + 1 < DECIMAL.len() {
        billionths /= 1000;
        steps += 1;
    }
    format!("{billionths}{}", DECIMAL[steps])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn amounts_have_one_spelling() {
        let cases = [
            (json!("2000m"), "2"),
            (json!("1024Mi"), "1Gi"),
            (json!("128Mi"), "128Mi"),
            (json!("1000Mi"), "1000Mi"),
            (json!("0.5Gi"), "512Mi"),
            (json!(0.1), "100m"),
            (json!(2), "2"),
            (json!("1500m"), "1500m"),
            (json!("1000"), "1k"),
            (json!("0"), "0"),
            (json!("much"), "much"),
        ];
        for (written, stored) in cases {
            assert_eq!(canonical(&written), json!(stored), "{written}");
        }
    }
}
