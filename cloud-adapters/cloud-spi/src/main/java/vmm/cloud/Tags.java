package vmm.cloud;

import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.TreeMap;

/**
 * The three tags that every instance of ours carries.
 *
 * @param installation name of the installation; two installations never touch each other's
 *     instances
 * @param store random id of the database that holds the row, null if the tag is missing
 * @param vmId id of the row, null if the tag is missing
 */
public record Tags(String installation, @Nullable String store, @Nullable String vmId) {

    public static final String INSTALLATION = "vmm-installation";
    public static final String STORE = "vmm-store";
    public static final String VM_ID = "vmm-id";

    /** As key and value pairs, for a cloud's metadata. */
    public Map<String, String> asMap() {
        var map = new TreeMap<String, String>();
        map.put(INSTALLATION, installation);
        if (store != null) map.put(STORE, store);
        if (vmId != null) map.put(VM_ID, vmId);
        return map;
    }
}
