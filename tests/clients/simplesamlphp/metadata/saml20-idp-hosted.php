<?php

$metadata['__DYNAMIC:1__'] = [
    'host' => '__DEFAULT__',
    'privatekey' => 'idp.key',
    'certificate' => 'idp.crt',
    'auth' => 'people',
    'saml20.sign.response' => true,
    'redirect.validate' => true,
    'validate.authnrequest' => true,
    'attributes.NameFormat' => 'urn:oasis:names:tc:SAML:2.0:attrname-format:uri',
    'authproc' => [
        10 => [
            'class' => 'core:PHP',
            'code' => '$state["saml:AuthnContextClassRef"] = $attributes["class"][0]; unset($attributes["class"]);',
        ],
        20 => ['class' => 'core:AttributeMap', 'name2oid'],
    ],
];
