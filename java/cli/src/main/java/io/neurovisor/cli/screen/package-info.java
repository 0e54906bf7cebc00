/** What a person sees of a run on a terminal. Nothing that comes from a model or a guest is obeyed by the terminal. */
@NullMarked
package io.neurovisor.cli.screen;

import org.jspecify.annotations.NullMarked;
