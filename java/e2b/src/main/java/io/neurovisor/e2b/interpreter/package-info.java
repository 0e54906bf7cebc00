/** Cells and contexts of the code interpreter, by plain HTTP. */
@NullMarked
package io.neurovisor.e2b.interpreter;

import org.jspecify.annotations.NullMarked;
