package vmm.database;

import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The programs of PostgreSQL, unpacked from the class path once and named by the checksum of what
 * they came from.
 */
record Binaries(Path home) {

    private static final List<String> NEEDED =
            List.of("bin/initdb", "bin/pg_ctl", "bin/postgres", "share/postgresql/postgres.bki");

    Path program(String name) {
        return home.resolve("bin").resolve(name);
    }

    /** Finds them below a directory, or unpacks them there. Safe for several processes at once. */
    static Binaries in(Path directory) throws IOException {
        byte[] archive = archive();
        Path home = directory.resolve("postgresql-" + checksum(archive));
        if (!complete(home)) {
            Files.createDirectories(directory);
            Path unpacked = Files.createTempDirectory(directory, "unpacking-");
            unpack(archive, unpacked);
            FileTree.delete(home);
            try {
                Files.move(unpacked, home, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                FileTree.delete(unpacked);
                if (!complete(home)) {
                    throw e;
                }
            }
        }
        return new Binaries(home);
    }

    /** Where programs are kept for all data directories of this user. */
    static Path cache() {
        String configured = System.getenv("XDG_CACHE_HOME");
        Path caches =
                configured == null || configured.isBlank()
                        ? Path.of(System.getProperty("user.home"), ".cache")
                        : Path.of(configured);
        return caches.resolve("vmm");
    }

    private static boolean complete(Path home) {
        return NEEDED.stream().allMatch(name -> Files.exists(home.resolve(name)));
    }

    private static byte[] archive() throws IOException {
        String system =
                System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("mac")
                        ? "darwin"
                        : "linux";
        String machine = System.getProperty("os.arch").equals("aarch64") ? "arm_64" : "x86_64";
        String name = "postgres-" + system + "-" + machine + ".txz";
        try (InputStream stream = Binaries.class.getResourceAsStream("/" + name)) {
            if (stream == null) {
                throw new StartRefused(
                        "this build has no PostgreSQL for "
                                + system
                                + "/"
                                + machine
                                + "; set SPRING_DATASOURCE_URL to a database, or build the jar on"
                                + " this kind of machine");
            }
            return stream.readAllBytes();
        }
    }

    private static String checksum(byte[] archive) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(archive);
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void unpack(byte[] archive, Path home) throws IOException {
        try (var tar =
                new TarArchiveInputStream(
                        new XZCompressorInputStream(new ByteArrayInputStream(archive)))) {
            for (TarArchiveEntry entry = tar.getNextEntry();
                    entry != null;
                    entry = tar.getNextEntry()) {
                Path target = home.resolve(entry.getName()).normalize();
                if (!target.startsWith(home)) {
                    throw new IOException("path leads out of the archive: " + entry.getName());
                }
                write(tar, entry, target);
            }
        }
        Files.setPosixFilePermissions(home, permissions(0755));
    }

    private static void write(TarArchiveInputStream tar, TarArchiveEntry entry, Path target)
            throws IOException {
        if (entry.isDirectory()) {
            Files.createDirectories(target);
            return;
        }
        Files.createDirectories(target.getParent());
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
        } else {
            Files.copy(tar, target);
            Files.setPosixFilePermissions(target, permissions(entry.getMode()));
        }
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] all = PosixFilePermission.values();
        for (int i = 0; i < all.length; i++) {
            if ((mode & (0400 >> i)) != 0) {
                permissions.add(all[i]);
            }
        }
        return permissions;
    }
}
