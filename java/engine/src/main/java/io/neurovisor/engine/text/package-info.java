/** Text of strangers, made fit to be shown. */
@NullMarked
package io.neurovisor.engine.text;

import org.jspecify.annotations.NullMarked;
