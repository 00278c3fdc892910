/* libxmlsec1, hardened: verifies one enveloped signature over one element, with one given key.
 * No key search, no KeyInfo, no certificate store, no network, no files, no DTD, no entities. */

#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/valid.h>
#include <libxml/xmlerror.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <xmlsec/crypto.h>
#include <xmlsec/errors.h>
#include <xmlsec/io.h>
#include <xmlsec/keys.h>
#include <xmlsec/openssl/evp.h>
#include <xmlsec/strings.h>
#include <xmlsec/transforms.h>
#include <xmlsec/xmldsig.h>
#include <xmlsec/xmlsec.h>
#include <xmlsec/xmltree.h>

static xmlParserInputPtr no_entities(const char *url, const char *id, xmlParserCtxtPtr context) {
    (void)url;
    (void)id;
    (void)context;
    return NULL;
}

/* Once a process, before anything else here. */
int ponte_xmlsec_init(void) {
    xmlInitParser();
    xmlSetExternalEntityLoader(no_entities);
    if (xmlSecInit() < 0 || xmlSecCheckVersion() != 1) return 0;
    if (xmlSecCryptoAppInit(NULL) < 0 || xmlSecCryptoInit() < 0) return 0;
    xmlSecIOCleanupCallbacks();
    xmlSecErrorsDefaultCallbackEnableOutput(0);
    return 1;
}

/* The key of a SubjectPublicKeyInfo in DER; NULL if it is none. */
void *ponte_xmlsec_key(const unsigned char *der, long length) {
    EVP_PKEY *public = d2i_PUBKEY(NULL, &der, length);
    if (public == NULL) return NULL;
    xmlSecKeyDataPtr data = xmlSecOpenSSLEvpKeyAdopt(public);
    if (data == NULL) {
        EVP_PKEY_free(public);
        return NULL;
    }
    xmlSecKeyPtr key = xmlSecKeyCreate();
    if (key == NULL || xmlSecKeySetValue(key, data) < 0) {
        xmlSecKeyDataDestroy(data);
        if (key != NULL) xmlSecKeyDestroy(key);
        return NULL;
    }
    return key;
}

void ponte_xmlsec_key_free(void *key) {
    xmlSecKeyDestroy((xmlSecKeyPtr)key);
}

/* The element below `parent` that is a ds:Signature, if there is exactly one. */
static xmlNodePtr only_signature(xmlNodePtr parent) {
    xmlNodePtr found = NULL;
    for (xmlNodePtr child = xmlFirstElementChild(parent); child != NULL;
         child = xmlNextElementSibling(child)) {
        if (!xmlSecCheckNodeName(child, xmlSecNodeSignature, xmlSecDSigNs)) continue;
        if (found != NULL) return NULL;
        found = child;
    }
    return found;
}

static xmlAttrPtr own_id(xmlNodePtr node, const char *id, size_t id_length) {
    xmlAttrPtr attribute = xmlHasNsProp(node, BAD_CAST "ID", NULL);
    if (attribute == NULL || attribute->children == NULL) return NULL;
    if (attribute->children->next != NULL || attribute->children->content == NULL) return NULL;
    const char *value = (const char *)attribute->children->content;
    return strlen(value) == id_length && memcmp(value, id, id_length) == 0 ? attribute : NULL;
}

static int allow(xmlSecDSigCtxPtr context) {
    xmlSecTransformId for_references[] = {
        xmlSecTransformEnvelopedId, xmlSecTransformExclC14NId, xmlSecTransformSha256Id,
        xmlSecTransformSha384Id,    xmlSecTransformSha512Id,
    };
    xmlSecTransformId for_signatures[] = {
        xmlSecTransformExclC14NId,    xmlSecTransformRsaSha256Id,   xmlSecTransformRsaSha384Id,
        xmlSecTransformRsaSha512Id,   xmlSecTransformEcdsaSha256Id, xmlSecTransformEcdsaSha384Id,
        xmlSecTransformEcdsaSha512Id,
    };
    for (size_t i = 0; i < sizeof(for_references) / sizeof(for_references[0]); i++)
        if (xmlSecDSigCtxEnableReferenceTransform(context, for_references[i]) < 0) return 0;
    for (size_t i = 0; i < sizeof(for_signatures) / sizeof(for_signatures[0]); i++)
        if (xmlSecDSigCtxEnableSignatureTransform(context, for_signatures[i]) < 0) return 0;
    return 1;
}

static xmlNodePtr expected(xmlNodePtr node, const xmlChar *name) {
    return xmlSecCheckNodeName(node, name, xmlSecDSigNs) ? node : NULL;
}

/* What xmlSecDSigCtxVerify does, in its order, with the key given: that function would first ask
 * OpenSSL for every number of the key, at each message, to learn that it is a public one. */
static int signature_holds(xmlSecDSigCtxPtr context, xmlNodePtr signature, xmlSecKeyPtr key) {
    xmlNodePtr info = expected(xmlFirstElementChild(signature), xmlSecNodeSignedInfo);
    if (info == NULL) return 0;
    xmlNodePtr value = expected(xmlNextElementSibling(info), xmlSecNodeSignatureValue);
    xmlNodePtr c14n = expected(xmlFirstElementChild(info), xmlSecNodeCanonicalizationMethod);
    if (value == NULL || c14n == NULL) return 0;
    xmlNodePtr method = expected(xmlNextElementSibling(c14n), xmlSecNodeSignatureMethod);
    if (method == NULL) return 0;
    xmlNodePtr reference = expected(xmlNextElementSibling(method), xmlSecNodeReference);
    if (reference == NULL || xmlNextElementSibling(reference) != NULL) return 0;

    xmlSecDSigReferenceCtxPtr referred =
        xmlSecDSigReferenceCtxCreate(context, xmlSecDSigReferenceOriginSignedInfo);
    if (referred == NULL) return 0;
    int held = xmlSecDSigReferenceCtxProcessNode(referred, reference) >= 0
        && referred->status == xmlSecDSigStatusSucceeded;
    xmlSecDSigReferenceCtxDestroy(referred);
    if (!held) return 0;

    xmlSecTransformCtxPtr transforms = &context->transformCtx;
    if (xmlSecTransformCtxNodeRead(transforms, c14n, xmlSecTransformUsageC14NMethod) == NULL)
        return 0;
    xmlSecTransformPtr verifier =
        xmlSecTransformCtxNodeRead(transforms, method, xmlSecTransformUsageSignatureMethod);
    if (verifier == NULL) return 0;
    verifier->operation = xmlSecTransformOperationVerify;
    if (xmlSecTransformSetKey(verifier, key) < 0) return 0;
    xmlSecNodeSetPtr nodes = xmlSecNodeSetGetChildren(info->doc, info, 1, 0);
    if (nodes == NULL) return 0;
    held = xmlSecTransformCtxXmlExecute(transforms, nodes) >= 0
        && xmlSecTransformVerifyNodeContent(verifier, value, transforms) >= 0
        && verifier->status == xmlSecTransformStatusOk;
    xmlSecNodeSetDestroy(nodes);
    return held;
}

/* Only in the root of metadata may a reference mean the whole document (URI=""). */
static int is_metadata(xmlNodePtr root) {
    static const xmlChar *const metadata = BAD_CAST "urn:oasis:names:tc:SAML:2.0:metadata";
    return xmlSecCheckNodeName(root, BAD_CAST "EntityDescriptor", metadata)
        || xmlSecCheckNodeName(root, BAD_CAST "EntitiesDescriptor", metadata);
}

static int verify_in(xmlDocPtr document, const char *id, size_t id_length, xmlSecKeyPtr key) {
    if (document->intSubset != NULL || document->extSubset != NULL) return 0;
    xmlNodePtr root = xmlDocGetRootElement(document);
    if (root == NULL) return 0;

    xmlNodePtr signed_element = NULL;
    xmlAttrPtr id_attribute = own_id(root, id, id_length);
    if (id_attribute != NULL) signed_element = root;
    for (xmlNodePtr child = xmlFirstElementChild(root); child != NULL;
         child = xmlNextElementSibling(child)) {
        xmlAttrPtr attribute = own_id(child, id, id_length);
        if (attribute == NULL) continue;
        if (signed_element != NULL) return 0;
        signed_element = child;
        id_attribute = attribute;
    }
    if (signed_element == NULL) return 0;
    xmlNodePtr signature = only_signature(signed_element);
    if (signature == NULL) return 0;
    if (xmlAddID(NULL, document, id_attribute->children->content, id_attribute) == NULL) return 0;

    xmlSecDSigCtxPtr context = xmlSecDSigCtxCreate(NULL);
    if (context == NULL) return 0;
    context->operation = xmlSecTransformOperationVerify;
    context->enabledReferenceUris = xmlSecTransformUriTypeSameDocument;
    if (signed_element == root && is_metadata(root))
        context->enabledReferenceUris |= xmlSecTransformUriTypeEmpty;
    /* The ID is looked up directly, so that no XPointer expression is ever built from it. */
    context->flags |= XMLSEC_DSIG_FLAGS_USE_VISA3D_HACK | XMLSEC_DSIG_FLAGS_IGNORE_MANIFESTS;
    int held = allow(context) && signature_holds(context, signature, key);
    xmlSecDSigCtxDestroy(context);
    return held;
}

/* Whether the element with attribute ID `id`, the root or a child of it, carries one signature
 * that `key` made over it. */
int ponte_xmlsec_verify(const char *text, int length, const char *id, size_t id_length,
                        void *key) {
    const int options =
        XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_COMPACT;
    xmlDocPtr document = xmlReadMemory(text, length, NULL, "UTF-8", options);
    int held = 0;
    if (document != NULL) {
        held = verify_in(document, id, id_length, (xmlSecKeyPtr)key);
        xmlFreeDoc(document);
    }
    if (!held) {
        xmlResetLastError();
        ERR_clear_error();
    }
    return held;
}
