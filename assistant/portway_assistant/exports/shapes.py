"""Which classes and fields of an export are read, and which are dropped while parsing.

The list is one of what is wanted: a field that is not named here, such as a password hash, never
leaves the parser. Classes without fields are counted and nothing else.
Source: docs/reference/export-format.md#classes and #secrets
"""

from collections.abc import Mapping

_CONFLUENCE = "com.atlassian.confluence"

CONTENT_CLASSES = frozenset(
    {
        "Page",
        "BlogPost",
        "Comment",
        "Attachment",
        "CustomContentEntityObject",
        "SpaceDescription",
        "GlobalDescription",
        "PersonalInformation",
        "Draft",
    }
)
"""Classes whose ids come from one series, so that an id finds its content across them."""

SECRET_CLASSES = frozenset(
    {
        "AliasedKey",
        "ApplicationImpl",
        "ConfluenceBandanaRecord",
        "ConfluenceRememberMeToken",
        "DirectoryImpl",
        "InternalUserAttribute",
        "InternalUserCredentialRecord",
        "KeyStoreEntry",
        "TrustedApplication",
        "ConfluenceTrustedApplication",
        "TrustedApplicationRestriction",
        "UserLoginInfo",
    }
)
"""Classes that hold credentials, tokens, keys or settings with such values."""

INFRASTRUCTURE_CLASSES = frozenset(
    {
        "ClusteredLock",
        "ClusterSafetyNumber",
        "ConfluenceAncestor",
        "BucketPropertySetItem",
        "DirectoryMapping",
        "ExtLinkReferral",
        "FollowConnection",
        "InternalGroupAttribute",
        "ReferralLink",
        "SchedulerClusteredJob",
        "SchedulerRunDetails",
        "TrackbackLink",
        "User2ContentRelationEntity",
        "Content2ContentRelationEntity",
        "User2UserRelationEntity",
    }
)
"""Classes that serve the running server and have no counterpart elsewhere."""

_PEOPLE = "creator creatorName creationDate lastModifier lastModifierName lastModificationDate"
_CONTENT = f"title version contentStatus originalVersion originalVersionId versionComment {_PEOPLE}"
_CHILDREN = (
    "bodyContents contentProperties attachments comments labellings historicalVersions "
    "children childrens contentPermissionSets outgoingLinks customContent"
)

_FIELDS = {
    "Space": f"name key spaceType spaceStatus description homePage permissions pageTemplates "
    f"{_PEOPLE}",
    "Page": f"{_CONTENT} {_CHILDREN} space parent position",
    "BlogPost": f"{_CONTENT} {_CHILDREN} space",
    "Comment": f"{_CONTENT} {_CHILDREN} space parent containerContent owner content page blogPost",
    "Attachment": f"{_CONTENT} {_CHILDREN} space containerContent owner content page fileName "
    "attachmentVersion comment contentType fileSize",
    "CustomContentEntityObject": f"{_CONTENT} {_CHILDREN} space containerContent pluginModuleKey",
    "SpaceDescription": f"{_CONTENT} {_CHILDREN} space",
    "GlobalDescription": f"{_CONTENT} {_CHILDREN}",
    "PersonalInformation": f"{_CONTENT} {_CHILDREN}",
    "Draft": f"{_CONTENT} {_CHILDREN} pageId draftSpaceKey draftType",
    "BodyContent": "content body bodyType",
    "ContentProperty": "content name stringValue longValue dateValue",
    "Label": "name namespace owningUser owner user",
    "Labelling": "label content pageTemplate attachment labelableId labelableType owningUser user",
    "PageTemplate": f"name title description content bodyType space version pluginKey moduleKey "
    f"labellings {_PEOPLE}",
    "SpacePermission": "space type group userSubject userName allUsersSubject",
    "ContentPermissionSet": "type owningContent contentPermissions",
    "ContentPermission": "type owningSet userSubject userName groupName",
    "LikeEntity": "content user username creationDate",
    "Notification": "receiver userName content page space type digest creationDate",
    "OutgoingLink": "sourceContent destinationSpaceKey destinationPageTitle",
    "ConfluenceUserImpl": "name lowerName email atlassianAccountId",
    "InternalUser": "name lowerName active firstName lastName displayName emailAddress directory",
    "InternalGroup": "name lowerName active description directory",
    "HibernateMembership": "parentGroup userMember groupMember",
    "DefaultHibernateUser": "name fullName email",
    "DefaultHibernateGroup": "name description localMembers externalMembers",
    "DefaultHibernateExternalEntity": "name",
    "DirectoryImpl": "name type active",
    "ApplicationImpl": "directoryMappings",
    "DirectoryMapping": "directory",
    # Settings may hold secrets; of one of them, one public address is kept, the rest is dropped.
    "ConfluenceBandanaRecord": "context key value",
}

WANTED: Mapping[str, frozenset[str]] = {
    name: frozenset(fields.split()) for name, fields in _FIELDS.items()
}

USUAL_PACKAGES: Mapping[str, str] = {
    "Space": f"{_CONFLUENCE}.spaces",
    "SpaceDescription": f"{_CONFLUENCE}.spaces",
    "Page": f"{_CONFLUENCE}.pages",
    "BlogPost": f"{_CONFLUENCE}.pages",
    "Comment": f"{_CONFLUENCE}.pages",
    "Attachment": f"{_CONFLUENCE}.pages",
    "Draft": f"{_CONFLUENCE}.pages",
    "BodyContent": f"{_CONFLUENCE}.core",
    "PageTemplate": f"{_CONFLUENCE}.pages.templates",
    "ConfluenceUserImpl": f"{_CONFLUENCE}.user",
}
"""Where the classes that decide a migration lie; elsewhere they are read all the same."""
