package io.neurovisor.lab;

import io.neurovisor.engine.program.FilePath;
import io.neurovisor.host.process.OutputReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/**
 * The archive of files that a command in the lab machine has left. Only regular files with plain paths are extracted.
 */
record LabOutput(LabFileReceiver receiver) implements OutputReader {
    private static final int PART_BYTES = 1 << 16;

    @Override
    public void read(InputStream tar) throws IOException {
        TarArchiveInputStream archive = new TarArchiveInputStream(tar);
        for (TarArchiveEntry entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
            // isFile() is also true for links and devices.
            if (entry.getLinkFlag() == TarConstants.LF_NORMAL || entry.getLinkFlag() == TarConstants.LF_OLDNORM) {
                pass(FilePath.checked(entry.getName().replaceFirst("^\\./", "")), archive);
            }
        }
        // Only padding follows, but a tool whose pipe breaks would report a failure.
        tar.transferTo(OutputStream.nullOutputStream());
    }

    private void pass(String path, InputStream content) throws IOException {
        while (true) {
            byte[] part = content.readNBytes(PART_BYTES);
            boolean last = part.length < PART_BYTES;
            receiver.file(path, ByteBuffer.wrap(part), last);
            if (last) {
                return;
            }
        }
    }
}
