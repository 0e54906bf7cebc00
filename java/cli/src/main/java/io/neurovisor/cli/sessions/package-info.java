/**
 * The command {@code sessions}: lists, replays, exports, resumes and deletes recorded agent runs. {@code gc} uses it
 * to delete expired ones.
 */
@NullMarked
package io.neurovisor.cli.sessions;

import org.jspecify.annotations.NullMarked;
