//! Drivers: how they are started, and what they send.
//!
//! A driver is the program of an image that runs cells of a language. [`language`] has them all, and [`launch`] starts one. The bytes that it sends are divided
//! by [`frame`], whose headers are parsed by [`json`] and checked by [`message`]; [`lines`]
//! joins the pieces of raw output; [`collector`] makes events of both. [`to_driver`]
//! encodes what drivers are asked for. All but the start is pure.

pub mod collector;
#[cfg(test)]
mod collector_tests;
pub mod frame;
mod json;
pub mod language;
pub mod launch;
pub mod lines;
pub mod message;
#[cfg(test)]
mod message_tests;
mod text;
pub mod to_driver;
