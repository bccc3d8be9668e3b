package vmm.guest;

import java.util.UUID;
import java.util.function.Supplier;

/**
 * The cloud-init document that hands a guest its VM id, the URL to report to, its token and its
 * owner's secret.
 */
public final class CloudInit {
    private final GuestTokens tokens;
    private final Supplier<String> url;

    /**
     * @param url what guests call: the service's public URL, without a slash at its end
     */
    public CloudInit(GuestTokens tokens, Supplier<String> url) {
        this.tokens = tokens;
        this.url = url;
    }

    /** With an address that is known beforehand. */
    public CloudInit(GuestTokens tokens, String url) {
        this(tokens, () -> url);
    }

    /** The same for the same VM, to the letter. */
    public String of(UUID vm) {
        return """
        #cloud-config
        write_files:
          - path: /etc/vmm/guest.json
            owner: root:root
            permissions: '0600'
            content: |
              {"vmId": "%s", "url": "%s", "token": "%s", "secret": "%s"}
        """
                .formatted(vm, url.get(), tokens.token(vm), tokens.secret(vm));
    }
}
