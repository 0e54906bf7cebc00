/** The processes of a living sandbox: what is started, what is sent to them and what they send. */
@NullMarked
package io.neurovisor.engine.process;

import org.jspecify.annotations.NullMarked;
