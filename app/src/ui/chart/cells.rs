//! Stretches of a chart as links, each to its own time. They lie over the drawing: whoever points at a bar opens it, and
//! whoever draws over several opens these together; see `live::brush`. Without a script and by keyboard they are links
//! like any others.

use leptos::prelude::*;
use model::Window;

/// As many as can be told apart with a finger, and stepped through by keyboard.
pub const CELLS: usize = 24;

/// A stretch, where it leads, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub window: Window,
    pub href: String,
    pub label: String,
}

/// How many neighbours become one, so that there are at most [`CELLS`].
pub fn together(stretches: usize) -> usize {
    stretches.div_ceil(CELLS).max(1)
}

/// From the first stretch's start to the last one's end.
pub fn around(first: Window, last: Window) -> Window {
    Window::new(first.from(), last.to()).unwrap_or(first)
}

#[component]
pub fn Cells(cells: Vec<Cell>, label: &'static str) -> impl IntoView {
    let cell = |Cell { window, href, label }: Cell| {
        let title = label.clone();
        view! {
            <li data-key=window.from().to_string()>
                <a href=href draggable="false" title=title>
                    <span class="visually-hidden">{label}</span>
                </a>
            </li>
        }
    };
    view! { <ol class="cells" data-brush="" aria-label=label>{cells.into_iter().map(cell).collect_view()}</ol> }
}
