//! Lists that an API server sends in pages, each with the word by which the next is asked for.

use kube::core::{ObjectList, params::ListParams};

use super::{Error, Object};

/// Objects in one page of a LIST.
const PAGE: u32 = 500;
/// How many pages are read at most: one that leads to itself must not be followed for ever.
const MOST_PAGES: usize = 1000;

/// A list that is being read.
pub(super) struct Pages<K: Object> {
    /// What the next page is asked for with.
    pub(super) parameters: ListParams,
    objects: Vec<K>,
    read: usize,
}

impl<K: Object> Pages<K> {
    /// The list of those with the labels `labels`, of which nothing is read yet.
    pub(super) fn of(labels: Option<&str>) -> Self {
        let mut parameters = ListParams::default().limit(PAGE);
        parameters.label_selector = labels.map(str::to_owned);
        Self {
            parameters,
            objects: Vec::new(),
            read: 0,
        }
    }

    /// Takes a page in; all objects where it is the last one.
    pub(super) fn take(&mut self, page: ObjectList<K>) -> Result<Option<Vec<K>>, Error> {
        self.read += 1;
        self.objects.extend(page.items);
        match page.metadata.continue_.filter(|rest| !rest.is_empty()) {
            None => Ok(Some(std::mem::take(&mut self.objects))),
            Some(_) if self.read == MOST_PAGES => Err(Error::Decode {
                what: K::plural(&()).into_owned(),
                reason: "the list has no end".to_owned(),
            }),
            Some(rest) => {
                self.parameters.continue_token = Some(rest);
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Namespace;
    use serde_json::json;

    use super::*;

    fn page(name: &str, rest: &str) -> ObjectList<Namespace> {
        serde_json::from_value(json!({
            "metadata": { "continue": rest },
            "items": [{ "metadata": { "name": name } }],
        }))
        .unwrap()
    }

    #[test]
    fn each_page_is_asked_for_with_the_word_of_the_one_before() {
        let mut pages = Pages::of(None);

        let first = pages.take(page("a", "next")).unwrap();
        let asked = pages.parameters.continue_token.clone();
        let last = pages.take(page("b", "")).unwrap().unwrap();

        let names: Vec<_> = last
            .into_iter()
            .filter_map(|one| one.metadata.name)
            .collect();
        assert_eq!((first, asked.as_deref()), (None, Some("next")));
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn a_page_that_leads_to_itself_is_not_followed_for_ever() {
        let mut pages = Pages::of(None);
        let mut read = 0;

        let refused = loop {
            read += 1;
            match pages.take(page("a", "again")) {
                Ok(None) => {}
                Ok(Some(_)) => panic!("a page without an end ended the list"),
                Err(error) => break error,
            }
        };

        assert_eq!(
            (read, refused.to_string().as_str()),
            (
                MOST_PAGES,
                "the API server's answer for namespaces cannot be understood: the list has no end"
            )
        );
    }
}
