//! What will be read soon, told to the processor, which does not wait for it. Without that a scan of a million offers, which
//! lie in more memory than its caches hold, would mostly wait.

use prefetch_index::prefetch_index;

/// Lets the processor fetch items, of each the line of memory in which it begins.
#[inline]
pub fn fetch<T>(items: &[T]) {
    (0..items.len()).for_each(|place| prefetch_index(items, place));
}

/// The same for one of them.
#[inline]
pub fn fetch_one<T>(items: &[T], place: usize) {
    prefetch_index(items, place);
}
