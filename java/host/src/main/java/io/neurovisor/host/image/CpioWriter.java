package io.neurovisor.host.image;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import org.apache.commons.compress.archivers.cpio.CpioArchiveEntry;
import org.apache.commons.compress.archivers.cpio.CpioArchiveOutputStream;
import org.apache.commons.compress.archivers.cpio.CpioConstants;

/** Writes a cpio archive in the kernel's format ("newc"). Equal content gives equal bytes, whenever and by any user. */
final class CpioWriter implements AutoCloseable {
    private static final int BLOCK_BYTES = 512;

    private final CpioArchiveOutputStream archive;
    private long inode;

    CpioWriter(OutputStream out) {
        archive = new CpioArchiveOutputStream(
                new BufferedOutputStream(out), CpioConstants.FORMAT_NEW, BLOCK_BYTES, "US-ASCII");
    }

    void directory(String name) throws IOException {
        CpioArchiveEntry entry = entry(name, CpioConstants.C_ISDIR | 0755);
        entry.setNumberOfLinks(2);
        put(entry, new byte[0]);
    }

    void characterDevice(String name, int major, int minor) throws IOException {
        CpioArchiveEntry entry = entry(name, CpioConstants.C_ISCHR | 0600);
        entry.setRemoteDeviceMaj(major);
        entry.setRemoteDeviceMin(minor);
        put(entry, new byte[0]);
    }

    void file(String name, boolean executable, byte[] content) throws IOException {
        put(entry(name, CpioConstants.C_ISREG | (executable ? 0755 : 0644)), content);
    }

    private CpioArchiveEntry entry(String name, long mode) {
        CpioArchiveEntry entry = new CpioArchiveEntry(CpioConstants.FORMAT_NEW, name);
        entry.setInode(++inode);
        entry.setMode(mode);
        entry.setNumberOfLinks(1);
        entry.setTime(0);
        return entry;
    }

    private void put(CpioArchiveEntry entry, byte[] content) throws IOException {
        entry.setSize(content.length);
        archive.putArchiveEntry(entry);
        archive.write(content);
        archive.closeArchiveEntry();
    }

    @Override
    public void close() throws IOException {
        archive.close();
    }
}
