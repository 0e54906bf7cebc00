/** The code interpreter of a living sandbox: contexts, their cells, and what the cells send. */
@NullMarked
package io.neurovisor.engine.interpreter;

import org.jspecify.annotations.NullMarked;
