'use strict';

/** The address of a Thumbwire service and a key of it. */
class ThumbwireApi {
  name = 'thumbwireApi';

  displayName = 'Thumbwire API';

  icon = 'file:../nodes/Thumbwire/thumbwire.svg';

  properties = [
    {
      displayName: 'Server',
      name: 'server',
      type: 'string',
      default: 'http://127.0.0.1:8080',
      placeholder: 'https://thumbs.example',
      description: 'Where Thumbwire answers, without a path of its API',
      required: true,
    },
    {
      displayName: 'API Key',
      name: 'apiKey',
      type: 'string',
      typeOptions: { password: true },
      default: '',
      required: true,
    },
  ];

  authenticate = {
    type: 'generic',
    properties: { headers: { Authorization: '=Bearer {{$credentials.apiKey}}' } },
  };

  test = {
    request: { baseURL: '={{$credentials.server.replace(/\\/+$/, "")}}', url: '/v1/me' },
  };
}

exports.ThumbwireApi = ThumbwireApi;
