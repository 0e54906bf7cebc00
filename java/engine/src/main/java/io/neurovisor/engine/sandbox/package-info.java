/** Living sandboxes: machines that clients keep. The state of one and the book of all are pure. */
@NullMarked
package io.neurovisor.engine.sandbox;

import org.jspecify.annotations.NullMarked;
