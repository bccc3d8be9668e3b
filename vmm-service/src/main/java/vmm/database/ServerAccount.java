package vmm.database;

import com.sun.security.auth.module.UnixSystem;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/**
 * The account that PostgreSQL runs under: ours, unless we are root, whom PostgreSQL refuses.
 *
 * <p>As root the first choice is a user namespace in which root is nobody: files stay where they
 * are and stay ours. Where namespaces are forbidden (many containers), the server becomes the user
 * {@code nobody} and owns its files.
 *
 * @param prefix the command that changes the account
 * @param owner whom the server's files must belong to; null as anyone but root, who cannot give
 *     files away
 */
record ServerAccount(List<String> prefix, @Nullable UserPrincipal owner) {

    private static final Duration PROBE = Duration.ofSeconds(5);

    static ServerAccount choose() throws IOException {
        if (new UnixSystem().getUid() != 0) {
            return new ServerAccount(List.of(), null);
        }
        return inNamespace() ? root() : nobody();
    }

    static ServerAccount root() throws IOException {
        return new ServerAccount(List.of("unshare", "--user"), principal("root"));
    }

    static ServerAccount nobody() throws IOException {
        List<String> prefix =
                List.of(
                        "setpriv",
                        "--reuid=nobody",
                        "--regid=" + group("nobody"),
                        "--clear-groups",
                        "--inh-caps=-all");
        if (!Tool.run(prefix, Path.of("/"), List.of("true"), PROBE).ok()) {
            throw new StartRefused(
                    "PostgreSQL does not run as root, and neither unshare(1) nor setpriv(1) works"
                            + " here; start the VMM as another user or set SPRING_DATASOURCE_URL");
        }
        return new ServerAccount(prefix, principal("nobody"));
    }

    /** Whether the server sees files with less right than we do. */
    boolean isStranger() {
        return owner != null && !owner.getName().equals("root");
    }

    /** Makes a file or tree the server's own. */
    void give(Path tree) throws IOException {
        if (owner != null) {
            FileTree.give(tree, owner);
        }
    }

    /** Lets the server pass through our directory, though not look into it. */
    void admit(Path directory) throws IOException {
        if (!isStranger()) {
            return;
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(directory);
        permissions.add(PosixFilePermission.OTHERS_EXECUTE);
        Files.setPosixFilePermissions(directory, permissions);
        if (!Tool.run(prefix, Path.of("/"), List.of("test", "-x", directory.toString()), PROBE)
                .ok()) {
            throw new StartRefused(
                    "PostgreSQL runs as nobody here and cannot reach "
                            + directory
                            + "; choose a VMM_DATA_DIR whose parent directories all may pass");
        }
    }

    private static boolean inNamespace() throws IOException {
        return Tool.run(List.of("unshare", "--user"), Path.of("/"), List.of("true"), PROBE).ok();
    }

    private static String group(String user) throws IOException {
        return Tool.run(List.of(), Path.of("/"), List.of("id", "-g", user), PROBE).output().strip();
    }

    private static UserPrincipal principal(String name) throws IOException {
        return Path.of("/")
                .getFileSystem()
                .getUserPrincipalLookupService()
                .lookupPrincipalByName(name);
    }
}
