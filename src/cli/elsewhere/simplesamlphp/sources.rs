//! Where metadata come from: `metadata.sources`, and the module metarefresh.

use crate::cli::elsewhere::found::{Found, From, Source};
use crate::cli::elsewhere::fragment::slug;
use crate::cli::elsewhere::report::Report;
use crate::cli::elsewhere::simplesamlphp::read::Installation;
use crate::cli::elsewhere::value::Item;
use crate::saml::metadata::compose::{certificate, pem};

/// Reads `metadata.sources`: the folders of PHP files, `None` being the usual one; what else there is becomes sources.
///
/// # Errors
/// None so far: what cannot be read is reported.
pub fn read(
    sources: Option<Item<'_>>,
    here: &Installation,
    found: &mut Found,
    report: &mut Report,
) -> Result<Vec<Option<String>>, String> {
    let Some(sources) = sources else { return Ok(vec![None]) };
    let mut folders = Vec::new();
    for source in sources.items() {
        let mut table = source.table();
        let kind = table.said("type").unwrap_or_default().to_owned();
        let place = source.place();
        match kind.as_str() {
            "flatfile" => folders.push(table.said("directory").map(str::to_owned)),
            "xml" => {
                let (file, url) =
                    (table.said("file").map(str::to_owned), table.said("url").map(str::to_owned));
                let name = slug(file.as_deref().or(url.as_deref()).unwrap_or("xml"));
                let from = match (file, url) {
                    (Some(file), _) => match here.folder.read(&file) {
                        Ok(text) => Some(("file", From::Document(text))),
                        Err(error) => {
                            report.left(
                                place.clone(),
                                format!("the metadata in {file}"),
                                error.to_string(),
                                "copy it there, and import again",
                            );
                            None
                        }
                    },
                    (None, Some(url)) => Some(("url", From::Address(url))),
                    (None, None) => None,
                };
                if let Some((kind, from)) = from {
                    found.sources.push(new(place, name, kind, from));
                }
            }
            "mdq" | "mdx" => {
                if let Some(server) = table.said("server").map(str::to_owned) {
                    if table.said("validateFingerprint").is_some() {
                        fingerprint(&source, report);
                    }
                    let base =
                        if server.ends_with('/') { server.clone() } else { format!("{server}/") };
                    found.sources.push(new(place, slug(&server), "mdq", From::Address(base)));
                }
                table.pass(&["cachedir", "cachelength"]);
            }
            _ => {
                let why = "metadata in a database or in serialised files are not read";
                report.left(
                    place,
                    format!("the source of metadata {kind:?}"),
                    why,
                    "export them as XML, and add them as a [[source]] or with `ponte sp add`",
                );
                continue;
            }
        }
        report.rest(table, &[]);
    }
    Ok(folders)
}

/// Reads what the module metarefresh fetches.
///
/// # Errors
/// When its configuration cannot be read.
pub fn refreshed(
    here: &Installation,
    found: &mut Found,
    report: &mut Report,
) -> Result<(), String> {
    let names = [
        format!("{}config-metarefresh.php", here.config),
        format!("{}module_metarefresh.php", here.config),
    ];
    for name in names.iter().filter(|name| here.folder.has(name)) {
        let value = here.variable(name, "config", report)?;
        let mut config = Item::root(name, &value).table();
        for set in config.items("sets") {
            let mut table = set.table();
            let types: Vec<&str> = table.take("types").map(|item| item.texts()).unwrap_or_default();
            let provides = provides(&types);
            let (allow, deny) = lists(&mut table);
            for source in table.items("sources") {
                let mut table = source.table();
                let Some(src) = table.said("src") else { continue };
                let is_address = src.starts_with("http://") || src.starts_with("https://");
                let from = match is_address {
                    true => From::Address(src.to_owned()),
                    false => match here.folder.read(src) {
                        Ok(text) => From::Document(text),
                        Err(error) => {
                            report.left(
                                source.place(),
                                format!("the metadata in {src}"),
                                error.to_string(),
                                "copy it there, and import again",
                            );
                            continue;
                        }
                    },
                };
                let mut one =
                    new(source.place(), slug(src), if is_address { "url" } else { "file" }, from);
                for file in table.items("certificates") {
                    let file = file.text().unwrap_or_default();
                    match here.certificate(file).map(|text| certificate(&text)) {
                        Ok(Some(der)) => one.signed_by.push(pem(&der)),
                        Ok(None) => report.left(
                            source.place(),
                            format!("the certificate {file}"),
                            "it is none",
                            "get it again",
                        ),
                        Err(why) => report.left(
                            source.place(),
                            format!("the certificate {file}"),
                            why,
                            "copy it into the folder of certificates, and import again",
                        ),
                    }
                }
                if table.said("validateFingerprint").is_some() && one.signed_by.is_empty() {
                    fingerprint(&source, report);
                }
                let (own_allow, own_deny) = lists(&mut table);
                one.allow = if own_allow.is_empty() { allow.clone() } else { own_allow };
                one.deny = if own_deny.is_empty() { deny.clone() } else { own_deny };
                let types: Vec<&str> =
                    table.take("types").map(|item| item.texts()).unwrap_or_default();
                one.provides = if types.is_empty() { provides } else { self::provides(&types) };
                one.size_kib = is_address.then_some(64 * 1024);
                table.pass(&["conditionalGET"]);
                report.rest(
                    table,
                    &[(
                        "template",
                        "metadata are taken as they are",
                        "settle it in [[source]] or [[service-provider]]",
                    )],
                );
                found.sources.push(one);
            }
            table.pass(&["cron", "expireAfter", "outputDir", "outputFormat", "arp"]);
            report.rest(
                table,
                &[(
                    "template",
                    "metadata are taken as they are",
                    "settle it in [[source]] or [[service-provider]]",
                )],
            );
        }
        config.pass(&["conditionalGET"]);
        report.rest(config, &[]);
    }
    Ok(())
}

fn fingerprint(source: &Item<'_>, report: &mut Report) {
    let why = "a fingerprint is no key: the certificate itself is needed";
    report.left(source.place(), "validateFingerprint", why, "get the certificate, compare it with the fingerprint, and name it in signed-by of the [[source]]");
}

fn lists(table: &mut crate::cli::elsewhere::value::Table<'_>) -> (Vec<String>, Vec<String>) {
    let mut take = |names: [&str; 2]| -> Vec<String> {
        let all = names.into_iter().flat_map(|name| table.items(name));
        all.filter_map(|item| item.text().map(str::to_owned)).collect()
    };
    (take(["whitelist", "allowlist"]), take(["blacklist", "blocklist"]))
}

fn provides(types: &[&str]) -> &'static str {
    let has = |name: &str| types.iter().any(|kind| kind.contains(name));
    match (has("sp-remote"), has("idp-remote")) {
        (true, false) => "service-providers",
        (false, true) => "identity-providers",
        _ => "both",
    }
}

fn new(
    place: crate::cli::elsewhere::value::Place,
    name: String,
    kind: &'static str,
    from: From,
) -> Source {
    Source {
        place,
        name,
        kind,
        from,
        signed_by: Vec::new(),
        provides: "both",
        valid_until_days: None,
        refresh_minutes: None,
        size_kib: None,
        allow: Vec::new(),
        deny: Vec::new(),
        attributes: Vec::new(),
    }
}
