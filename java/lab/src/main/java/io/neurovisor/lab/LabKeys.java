package io.neurovisor.lab;

import io.neurovisor.host.files.PrivateFiles;
import io.neurovisor.host.files.StorageFaults;
import io.neurovisor.host.process.Tool;
import io.neurovisor.host.process.ToolCommand;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The ssh keys of a lab machine and its user, made for one machine and removed with it. */
final class LabKeys {
    private LabKeys() {}

    /** @param port the port of the loopback interface for connections to the machine */
    static void make(LabFiles files, int port) {
        PrivateFiles.directory(files.seed());
        key(files.hostKey());
        key(files.userKey());
        try {
            Files.copy(
                    publicKey(files.userKey()),
                    files.seed().resolve("user_key.pub"),
                    StandardCopyOption.REPLACE_EXISTING);
            String host = Files.readString(publicKey(files.hostKey()));
            PrivateFiles.replace(
                    files.knownHosts(),
                    "[127.0.0.1]:%d %s".formatted(port, host).getBytes(StandardCharsets.UTF_8));
        } catch (IOException failure) {
            throw StorageFaults.of("write the lab's keys to", files.directory(), failure);
        }
    }

    private static void key(Path file) {
        Tool.of(ToolCommand.of(
                        "ssh-keygen",
                        "openssh-client",
                        "-q",
                        "-t",
                        "ed25519",
                        "-N",
                        "",
                        "-C",
                        "neurovisor-lab",
                        "-f",
                        file.toString()))
                .run()
                .orThrow();
    }

    private static Path publicKey(Path key) {
        return key.resolveSibling(key.getFileName() + ".pub");
    }
}
