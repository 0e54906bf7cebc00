package io.neurovisor.tests.hostile.guest;

import static io.neurovisor.tests.hostile.guest.ForgedFrames.message;
import static io.neurovisor.tests.hostile.guest.ForgedFrames.prefix;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.neurovisor.engine.program.FileLimits;
import io.neurovisor.engine.program.Outcome;
import io.neurovisor.proto.execution.ExecuteChunk;
import io.neurovisor.proto.execution.OutputFilePart;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Attacks with excessive output, and with files of any number, size and name. */
final class OutputAttacks {
    private static final byte[] CHUNK = new byte[64 << 10];
    private static final int LARGEST_MESSAGE = 128 << 10;
    private static final int FIELDS = 300_000;

    private OutputAttacks() {}

    static List<Attack> output() {
        ExecuteChunk error = ExecuteChunk.newBuilder()
                .setStderrBytes(ByteString.copyFrom(CHUNK))
                .build();
        return List.of(
                Attack.during("gigabytes of output", Outcome.OUTPUT_LIMIT, (host, stream) -> {
                    while (true) {
                        host.print(stream, CHUNK);
                    }
                }),
                Attack.during("gigabytes of errors", Outcome.OUTPUT_LIMIT, (host, stream) -> {
                    while (true) {
                        host.say(stream, error);
                    }
                }),
                Attack.during("output in bytes", Outcome.TIMED_OUT, (host, stream) -> {
                            while (true) {
                                host.print(stream, new byte[1]);
                            }
                        })
                        .patiently(),
                Attack.during("a message in frames of a byte", Outcome.SANDBOX_DIED, (host, stream) -> {
                    host.say(stream, prefix(0, LARGEST_MESSAGE));
                    for (int i = 1; i < LARGEST_MESSAGE; i++) {
                        host.say(stream, new byte[1]);
                    }
                }),
                Attack.during("messages of unknown fields", Outcome.TIMED_OUT, (host, stream) -> {
                    byte[] fields = message(0, unknownFields());
                    for (int i = 0; i < 20; i++) {
                        host.say(stream, fields);
                    }
                }));
    }

    static List<Attack> files() {
        List<Attack> attacks = new ArrayList<>();
        for (String path : List.of(
                "../../etc/passwd", "a/../../b", "/etc/passwd", "", ".", "a//b", "a/", "a\nb", "a\0b", "a\u001b[2Jb")) {
            attacks.add(Attack.during(
                    "a file named \"" + ForgedFile.shown(path) + "\"",
                    Outcome.SANDBOX_DIED,
                    (host, stream) -> host.say(stream, ForgedFile.whole(path))));
        }
        attacks.add(files("a file with a name of 5000 characters", "x/".repeat(2500) + "x"));
        attacks.add(files("a file with a part of 300 characters", "x".repeat(300)));
        attacks.add(files("a file twice", "a", "a"));
        attacks.add(files("a file below a file", "a", "a/b"));
        attacks.add(files("a file far below a file", "a/b", "a/b/c/d"));
        attacks.add(files("a file in the place of a directory", "a/b", "a"));
        attacks.add(Attack.during("a million files", Outcome.SANDBOX_DIED, (host, stream) -> {
            for (int i = 0; i < 1_000_000; i++) {
                host.say(stream, ForgedFile.whole("file-" + i));
            }
        }));
        attacks.add(Attack.during(
                "a thousand files with names of 4000 bytes, and one more", Outcome.SANDBOX_DIED, (host, stream) -> {
                    for (int i = 0; i <= FileLimits.MAX_COUNT; i++) {
                        host.say(stream, ForgedFile.whole(i + "/y".repeat(1990)));
                    }
                }));
        attacks.add(Attack.during("a file of gigabytes", Outcome.SANDBOX_DIED, (host, stream) -> {
            while (true) {
                host.say(stream, ForgedFile.part("endless", CHUNK));
            }
        }));
        attacks.add(Attack.during("a file that another interrupts", Outcome.SANDBOX_DIED, (host, stream) -> {
            host.say(stream, ForgedFile.part("one", CHUNK));
            host.say(stream, ForgedFile.whole("other"));
        }));
        attacks.add(Attack.during("a file of nothing but empty parts", Outcome.SANDBOX_DIED, (host, stream) -> {
            while (true) {
                host.say(stream, ForgedFile.part("empty", new byte[0]));
            }
        }));
        attacks.add(Attack.during("a file that never ends", Outcome.COMPLETED, (host, stream) -> {
            host.say(stream, ForgedFile.part("unfinished", CHUNK));
            host.exit(stream);
            host.end(stream);
        }));
        attacks.add(Attack.during("a file in bytes", Outcome.TIMED_OUT, (host, stream) -> {
                    while (true) {
                        host.say(stream, ForgedFile.part("slow", new byte[1]));
                    }
                })
                .patiently());
        return List.copyOf(attacks);
    }

    private static Attack files(String name, String... paths) {
        return Attack.during(name, Outcome.SANDBOX_DIED, (host, stream) -> {
            for (String path : paths) {
                host.say(stream, ForgedFile.whole(path));
            }
            host.exit(stream);
            host.end(stream);
        });
    }

    /** Returns a message that contains only unknown fields, each with a different number. */
    private static byte[] unknownFields() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream message = CodedOutputStream.newInstance(bytes);
        message.writeBytes(5, ByteString.copyFromUtf8("x"));
        for (int i = 0; i < FIELDS && message.getTotalBytesWritten() < LARGEST_MESSAGE - 16; i++) {
            message.writeInt32(1000 + i, 1);
        }
        message.flush();
        return bytes.toByteArray();
    }

    /** Builds file parts that a genuine agent would never send. */
    private static final class ForgedFile {
        static ExecuteChunk whole(String path) {
            return chunk(OutputFilePart.newBuilder().setPath(path).setLast(true));
        }

        static ExecuteChunk part(String path, byte[] content) {
            return chunk(OutputFilePart.newBuilder().setPath(path).setContent(ByteString.copyFrom(content)));
        }

        static String shown(String path) {
            return path.replace("\0", "\\0").replace("\n", "\\n").replace("\u001b", "\\e");
        }

        private static ExecuteChunk chunk(OutputFilePart.Builder part) {
            return ExecuteChunk.newBuilder().setFile(part).build();
        }
    }
}
