package vmm.cloud.jclouds.openstack;

import org.jclouds.openstack.keystone.auth.config.CredentialTypes;
import org.jclouds.openstack.keystone.config.KeystoneProperties;

import vmm.cloud.jclouds.Settings;

import java.util.Map;
import java.util.Properties;
import java.util.Set;

/** Who we are to keystone: a user of a project, or an application credential. */
sealed interface OpenStackCredentials {

    Set<String> NAMES =
            Set.of(
                    "username",
                    "password",
                    "project",
                    "userDomain",
                    "projectDomain",
                    "applicationCredentialId",
                    "applicationCredentialSecret");

    /** The name that goes with {@link #secret()}. */
    String identity();

    String secret();

    /** What jclouds' keystone wants to know beside the two. */
    Properties properties();

    /**
     * @throws IllegalArgumentException naming what is missing, and never a value
     */
    static OpenStackCredentials parse(Map<String, String> credentials) {
        Settings.checkNames(
                "credential", credentials.keySet(), NAMES, "OpenStack clouds; they know");
        boolean application =
                credentials.containsKey("applicationCredentialId")
                        || credentials.containsKey("applicationCredentialSecret");
        if (application) {
            if (credentials.size() > 2) {
                throw new IllegalArgumentException(
                        "credentials name a user and an application credential; write one of the"
                                + " two (an application credential already belongs to a project)");
            }
            return new Application(
                    required(credentials, "applicationCredentialId"),
                    required(credentials, "applicationCredentialSecret"));
        }
        var project = required(credentials, "project");
        if (project.contains(":")) {
            throw new IllegalArgumentException(
                    "credential project holds a colon, which jclouds cannot express; use an"
                            + " application credential of that project");
        }
        return new User(
                required(credentials, "username"),
                required(credentials, "password"),
                project,
                credentials.getOrDefault("userDomain", "Default"),
                credentials.getOrDefault("projectDomain", "Default"));
    }

    private static String required(Map<String, String> credentials, String name) {
        var value = credentials.getOrDefault(name, "");
        if (value.isBlank()) {
            throw new IllegalArgumentException(
                    "credential "
                            + name
                            + " is missing; write username, password and project, or"
                            + " applicationCredentialId and applicationCredentialSecret");
        }
        return value;
    }

    /** A user with a password, in a project. */
    record User(
            String identity, String secret, String project, String userDomain, String projectDomain)
            implements OpenStackCredentials {

        @Override
        public Properties properties() {
            var properties = new Properties();
            properties.setProperty(
                    KeystoneProperties.CREDENTIAL_TYPE, CredentialTypes.PASSWORD_CREDENTIALS);
            properties.setProperty(KeystoneProperties.TENANT_NAME, userDomain);
            properties.setProperty(KeystoneProperties.SCOPE, "project:" + project);
            properties.setProperty(KeystoneProperties.PROJECT_DOMAIN_NAME, projectDomain);
            return properties;
        }

        @Override
        public String toString() {
            return "User[" + identity + ", project " + project + "]";
        }
    }

    /** An application credential: no user's password, and a project of its own. */
    record Application(String identity, String secret) implements OpenStackCredentials {

        @Override
        public Properties properties() {
            var properties = new Properties();
            properties.setProperty(
                    KeystoneProperties.CREDENTIAL_TYPE, CredentialTypes.API_ACCESS_KEY_CREDENTIALS);
            properties.setProperty(KeystoneProperties.TENANT_NAME, "");
            return properties;
        }

        @Override
        public String toString() {
            return "Application[" + identity + "]";
        }
    }
}
