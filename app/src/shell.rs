//! The HTML document around the pages: head, styles, and the script that starts the interface in the browser.
//!
//! Rendered only on the server. Scripts carry the response's nonce; no page uses inline styles, so that the content
//! security policy can forbid them.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::App;

/// Absolute URL paths of the built interface, such as `/assets/app-0f3c.js`. Empty without a bundle: pages then work as
/// without JavaScript.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetPaths {
    pub js: String,
    pub wasm: String,
    pub css: String,
}

/// The script that starts the interface and then hydrates each island.
fn start(js: &str, wasm: &str) -> String {
    format!(
        "import({js:?}).then(m=>m.default({{module_or_path:{wasm:?}}}).then(()=>{{m.hydrate();\
         for(const i of document.querySelectorAll('leptos-island'))m[i.dataset.component](i)}}))"
    )
}

/// The HTML document of every page of [`App`].
pub fn shell(assets: AssetPaths) -> impl IntoView {
    let AssetPaths { js, wasm, css } = assets;
    let interactive = !js.is_empty();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                {(!css.is_empty()).then(|| view! { <link rel="stylesheet" href=css /> })}
                {interactive
                    .then(|| {
                        let script = start(&js, &wasm);
                        view! {
                            <link rel="modulepreload" href=js />
                            <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="" />
                            <script nonce=use_nonce()>"document.documentElement.className='js'"</script>
                            <script type="module" nonce=use_nonce()>
                                {script}
                            </script>
                        }
                    })}
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
