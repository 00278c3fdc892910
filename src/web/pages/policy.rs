//! What a browser may do with a page.

use url::Url;

/// The value of `Content-Security-Policy` for a page whose forms post to us, and to the site
/// of `posts_to` if that is given: nothing inline, nothing from elsewhere, no framing.
#[must_use]
pub fn content_security_policy(posts_to: Option<&Url>) -> String {
    let elsewhere = match posts_to.map(Url::origin) {
        Some(origin) if origin.is_tuple() => format!(" {}", origin.ascii_serialization()),
        _ => String::new(),
    };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'; form-action 'self'{elsewhere}; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}

/// The same for a page of the app on phones, which has a manifest and a worker besides.
#[must_use]
pub fn app_policy() -> String {
    let policy = content_security_policy(None);
    format!("{policy}; manifest-src 'self'; worker-src 'self'")
}

/// The same for a page from which forms lead, by way of us, to any of these addresses: browsers hold redirects after a
/// form to what the page may post to.
#[must_use]
pub fn policy_for_any<'a>(goes_to: impl IntoIterator<Item = &'a str>) -> String {
    let mut origins: Vec<String> = goes_to
        .into_iter()
        .filter_map(|address| Url::parse(address).ok())
        .map(|url| url.origin())
        .filter(url::Origin::is_tuple)
        .map(|origin| origin.ascii_serialization())
        .collect();
    origins.sort_unstable();
    origins.dedup();
    let allowed = origins.iter().fold("form-action 'self'".to_owned(), |all, one| all + " " + one);
    content_security_policy(None).replace("form-action 'self'", &allowed)
}

/// The same for a page from which the person goes to the site of `goes_to`: its script may look
/// whether that site can be reached.
#[must_use]
pub fn logout_policy(goes_to: Option<&Url>) -> String {
    let policy = content_security_policy(goes_to);
    match goes_to.map(Url::origin) {
        Some(origin) if origin.is_tuple() => {
            let reached = format!("connect-src 'self' {}", origin.ascii_serialization());
            policy.replace("connect-src 'self'", &reached)
        }
        _ => policy,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_may_post_to_the_one_site_named() {
        let named = |url: &str| content_security_policy(Some(&Url::parse(url).unwrap()));
        assert!(content_security_policy(None).contains("form-action 'self';"));
        assert!(
            named("https://sp.example:8443/acs?x=1")
                .contains("form-action 'self' https://sp.example:8443;")
        );
        assert!(named("data:text/html,x").contains("form-action 'self';"));
        let reached = logout_policy(Some(&Url::parse("https://sp.example/slo?x").unwrap()));
        assert!(reached.contains("connect-src 'self' https://sp.example;"));
        assert!(reached.contains("form-action 'self' https://sp.example;"));
        assert_eq!(logout_policy(None), content_security_policy(None));
        let any = policy_for_any([
            "https://b.example/sso",
            "https://a.example/x",
            "https://b.example/y",
            "data:x",
        ]);
        assert!(any.contains("form-action 'self' https://a.example https://b.example;"), "{any}");
        assert_eq!(policy_for_any([]), content_security_policy(None));
    }
}
