/** Clients of model servers with the protocols of Ollama and OpenAI. LangChain4j is used only here. */
@NullMarked
package io.neurovisor.agent.provider;

import org.jspecify.annotations.NullMarked;
