/** The agent loop: asks a model, executes its calls and returns the results, until an answer or a limit. Models and machines are ports. */
@NullMarked
package io.neurovisor.agent.loop;

import org.jspecify.annotations.NullMarked;
