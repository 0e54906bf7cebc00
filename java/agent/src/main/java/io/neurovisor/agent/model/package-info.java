/** The port to language models: messages, tool calls, requests and replies. Independent of wire formats. */
@NullMarked
package io.neurovisor.agent.model;

import org.jspecify.annotations.NullMarked;
