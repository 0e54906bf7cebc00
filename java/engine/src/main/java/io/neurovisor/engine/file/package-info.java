/** The files of a living sandbox. */
@NullMarked
package io.neurovisor.engine.file;

import org.jspecify.annotations.NullMarked;
