/**
 * The command {@code sessions}, which lists, shows, exports, resumes and deletes recorded agent runs. {@code gc} deletes expired
 * sessions with it.
 */
@NullMarked
package io.neurovisor.cli.sessions;

import org.jspecify.annotations.NullMarked;
